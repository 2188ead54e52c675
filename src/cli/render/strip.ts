// The last hour of an agent in a few characters: each stands for some minutes, and shows the worst state within them.
import type { AgentState, AgentStatus } from "../../../protocol/methods.js";
import { type Colour, paint, type Style } from "./text.js";

type History = NonNullable<AgentStatus["history"]>;

interface Look {
  readonly unicode: string;
  readonly ascii: string;
  readonly colour: Colour | null;
}

const HOUR_MS = 3_600_000;

/** A strip has one of these numbers of characters: each of them stands for whole minutes. */
const CELL_COUNTS = [60, 30, 20, 12, 10, 6] as const;

/** The worst first: what was seen of it for a moment must not hide behind what lasted. */
const BY_SEVERITY: readonly AgentState[] = ["failed", "backoff", "starting", "stopping", "stopped", "running"];

/** High is well: the shape tells what the colour does. */
const LOOKS: Readonly<Record<AgentState, Look>> = {
  running: { unicode: "▇", ascii: "=", colour: "green" },
  starting: { unicode: "▅", ascii: "+", colour: "yellow" },
  stopping: { unicode: "▅", ascii: "+", colour: "yellow" },
  backoff: { unicode: "▃", ascii: "~", colour: "red" },
  failed: { unicode: "✖", ascii: "x", colour: "red" },
  stopped: { unicode: "▁", ascii: "_", colour: "dim" },
};
const UNKNOWN: Look = { unicode: "·", ascii: ".", colour: "dim" };

/** How many characters a strip has at most in so many columns; it needs 6. */
export function stripCells(columns: number): number {
  return CELL_COUNTS.find((count) => count <= columns) ?? Math.min(...CELL_COUNTS);
}

/** The strip of an hour that ends at `now` (unix milliseconds), the oldest on the left. */
export function renderStrip(
  history: History,
  { cells, now }: { readonly cells: number; readonly now: number },
  style: Style,
): string {
  const looks = worstStates(history, { cells, now }).map((state) => (state === null ? UNKNOWN : LOOKS[state]));
  const text = ({ unicode, ascii }: Look): string => (style.isAscii ? ascii : unicode);
  return runsOf(looks)
    .map(({ look, count }) => paint(text(look).repeat(count), look.colour, style))
    .join("");
}

/** For each part of the hour the worst state within it; null for one that nothing is known of. */
export function worstStates(
  history: History,
  { cells, now }: { readonly cells: number; readonly now: number },
): (AgentState | null)[] {
  const changes = history.map(({ at, states }) => ({ at: Date.parse(at), states }));
  return Array.from({ length: cells }, (_, cell) => {
    const from = now - HOUR_MS + (cell * HOUR_MS) / cells;
    const to = from + HOUR_MS / cells;
    const before = changes
      .filter(({ at }) => at < from)
      .at(-1)
      ?.states.at(-1);
    // The last part has no end: this machine's clock and the daemon's may be a moment apart.
    const within = changes.filter(({ at }) => at >= from && (at < to || cell === cells - 1));
    const seen = [...(before === undefined ? [] : [before]), ...within.flatMap(({ states }) => states)];
    return BY_SEVERITY.find((state) => seen.includes(state)) ?? null;
  });
}

/** Characters alike are painted together. */
function runsOf(looks: readonly Look[]): { readonly look: Look; count: number }[] {
  const runs: { readonly look: Look; count: number }[] = [];
  for (const look of looks) {
    const last = runs.at(-1);
    if (last?.look === look) last.count += 1;
    else runs.push({ look, count: 1 });
  }
  return runs;
}
