// Agents on their way up, for people who wait: a line for each, from what happens to it.
import type { Happening } from "../../../protocol/calls.js";

import { formatDuration } from "./duration.js";
import { type Colour, paint, plain, type Style } from "./text.js";
import { clipToWidth } from "./width.js";

/** How far an agent has come. */
interface Progress {
  readonly text: string;
  readonly colour: Colour | null;
  /** When nothing further is waited for: it is ready, failed or stopped. */
  readonly isSettled: boolean;
  /** When it began, in unix milliseconds. */
  readonly since: number;
}

/** "29m 59s" */
const WAITED_COLUMNS = 7;

/** Agents in the order in which they are shown. */
export type ComingUp = ReadonlyMap<string, Progress>;

/** All that are about to be started; `now` in unix milliseconds. */
export function expected(names: readonly string[], now: number): ComingUp {
  return new Map(names.map((name) => [name, { text: "waiting", colour: "dim", isSettled: false, since: now }]));
}

/** After an event. An agent that nobody named is shown once it starts, since another one needs it. */
export function advance(agents: ComingUp, event: Happening): ComingUp {
  const { agent, at } = event;
  if (agent === undefined) return agents;
  const before = agents.get(agent);
  const step = stepOf(event, before);
  if (step === null) return agents;
  if (before === undefined && event.type !== "agent.starting") return agents;
  return new Map(agents).set(agent, { ...step, since: before?.since ?? Date.parse(at) });
}

function stepOf({ type, data }: Happening, before: Progress | undefined): Omit<Progress, "since"> | null {
  switch (type) {
    case "agent.starting":
      return { text: "starting", colour: "yellow", isSettled: false };
    case "agent.running":
      return { text: `running (pid ${data.pid}), not ready yet`, colour: "yellow", isSettled: false };
    case "agent.ready":
      return { text: "ready", colour: "green", isSettled: true };
    case "agent.exited":
      return { text: data.reason, colour: "red", isSettled: false };
    case "agent.backoff":
      return {
        text: `${before?.text ?? "ended"}, again in ${formatDelay(data.delayMs)}`,
        colour: "yellow",
        isSettled: false,
      };
    case "agent.failed":
      return { text: `failed: ${data.reason}`, colour: "red", isSettled: true };
    case "agent.stopped":
      return { text: "stopped", colour: "dim", isSettled: true };
    default:
      return null;
  }
}

/**
 * At most so many rows: those that are still waited for come first. `now` in unix milliseconds.
 * No line is wider than the terminal, which would take two rows for it.
 */
export function renderComingUp(
  agents: ComingUp,
  style: Style,
  { now, rows }: { readonly now: number; readonly rows: number },
): string[] {
  const entries = [...agents].sort(([, one], [, other]) => Number(one.isSettled) - Number(other.isSettled));
  const shown = entries.length <= rows ? [...agents] : entries.slice(0, Math.max(rows - 1, 0));
  const columns = Math.max(0, ...shown.map(([name]) => name.length));
  const lines = shown.map(([name, { text, colour, isSettled, since }]) => {
    const waited = isSettled ? "" : formatDuration(Math.max(0, now - since));
    const line = `${name.padEnd(columns)}  ${waited.padEnd(WAITED_COLUMNS)}  ${plain(text)}`;
    return paint(clipToWidth(line, style.columns), colour, style);
  });
  const rest = agents.size - shown.length;
  return rest === 0 ? lines : [...lines, clipToWidth(`... and ${rest} more`, style.columns)];
}

function formatDelay(delayMs: number): string {
  return delayMs < 1_000 ? `${delayMs}ms` : formatDuration(delayMs);
}
