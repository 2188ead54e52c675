// One agent for people: all there is to know of it.
import type { AgentStatus } from "../../../protocol/methods.js";
import { colourOf, describe } from "./agents.js";
import { formatAge, formatDuration } from "./duration.js";
import { type Fact, renderFacts } from "./facts.js";
import { paint, plain, type Style } from "./text.js";

/** A line for each fact; `now` in unix milliseconds. */
export function renderAgent(agent: AgentStatus, style: Style, { now }: { readonly now: number }): string[] {
  const { lastBeat, lastPoke, lastExit, restarts, recentFailures } = agent;
  const facts: Fact[] = [
    ["agent", plain(agent.agent)],
    ["state", paint(describe(agent), colourOf(agent), style)],
    ...startFacts(agent),
    ["session", `${agent.session}, incarnation ${agent.incarnation}${agent.adopted ? ", adopted" : ""}`],
    ["command", plain(agent.command.map(worded).join(" "))],
    ["restarts", `${restarts} by policy, ${recentFailures} recent failures`],
    ...scheduleFacts(agent),
    ["last exit", lastExit === null ? "none" : `${plain(lastExit.reason)}, ${formatAge(lastExit.at, now)}`],
    ["last beat", lastBeat === null ? "none" : formatAge(lastBeat, now)],
    ["last poke", lastPoke === null ? "none" : describePoke(lastPoke, now)],
    ["log", plain(agent.logFile)],
  ];
  return renderFacts(facts);
}

function startFacts({ startedAt, uptimeMs }: AgentStatus): Fact[] {
  if (startedAt === null) return [];
  const up = uptimeMs === null ? "" : ` (up ${formatDuration(uptimeMs)})`;
  return [["started", `${plain(startedAt)}${up}`]];
}

function scheduleFacts({ nextRestartAt }: AgentStatus): Fact[] {
  return nextRestartAt === undefined ? [] : [["next restart", plain(nextRestartAt)]];
}

function describePoke({ at, delivered, via }: NonNullable<AgentStatus["lastPoke"]>, now: number): string {
  return `${delivered ? "delivered" : "not delivered"} via ${plain(via)}, ${formatAge(at, now)}`;
}

/** An argument so that it is seen where it ends. */
function worded(argument: string): string {
  return /^[^\s"'\\]+$/.test(argument) ? argument : JSON.stringify(argument);
}
