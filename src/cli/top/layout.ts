// How `hearth top` divides a screen among the daemon's row, the agents, a log and the last rows.
import { widthOf, wrapToWidth } from "../render/width.js";
import type { Model, Size } from "./model.js";

/** Parts of the screen from the top down; what has no room has no rows. */
export interface Layout {
  /** The daemon's row: 0 or 1. */
  readonly top: number;
  readonly agents: Size;
  /** With its title. */
  readonly log: Size | null;
  /** The log is on the right of the agents instead of below them. */
  readonly isBeside: boolean;
  /** Keys, a prompt or a message. */
  readonly foot: number;
}

/** From here on there is room for the agents' table and log lines beside it. */
const BESIDE_FROM_COLUMNS = 140;
const LEAST_TABLE_COLUMNS = 79;
const TABLE_PART = 0.45;
/** Between the two. */
export const DIVIDER = " │ ";
const LOG_FROM_ROWS = 9;
const LEAST_AGENT_ROWS = 4;
const MOST_MESSAGE_ROWS = 3;

/** See `Layout`. */
export function layoutOf(model: Pick<Model, "size" | "screen" | "message" | "prompt" | "agents">): Layout {
  const { columns, rows } = model.size;
  const top = rows >= 3 ? 1 : 0;
  const foot = footRows(model);
  const body = Math.max(0, rows - top - foot);
  const all = { columns, rows: body };
  if (model.screen === "log") return { top, agents: { columns, rows: 0 }, log: all, isBeside: false, foot };
  if (model.screen === "help") return { top, agents: all, log: null, isBeside: false, foot };
  if (columns >= BESIDE_FROM_COLUMNS) {
    const table = Math.max(LEAST_TABLE_COLUMNS, Math.floor(columns * TABLE_PART));
    const log = { columns: columns - table - DIVIDER.length, rows: body };
    return { top, agents: { columns: table, rows: body }, log, isBeside: true, foot };
  }
  if (body < LOG_FROM_ROWS) return { top, agents: all, log: null, isBeside: false, foot };
  const wanted = Math.max(LEAST_AGENT_ROWS, model.agents.length + 1);
  const agents = Math.min(wanted, Math.floor(body / 2));
  return { top, agents: { columns, rows: agents }, log: { columns, rows: body - agents }, isBeside: false, foot };
}

/** What an action answered may take more than one row, but not the screen. */
function footRows({ size: { columns, rows }, message, prompt }: Pick<Model, "size" | "message" | "prompt">): number {
  if (rows < 2) return 0;
  if (message === null || prompt !== null) return 1;
  const most = Math.max(1, Math.min(MOST_MESSAGE_ROWS, Math.floor(rows / 2) - 1));
  return Math.min(most, wrapWords(message.text, columns).length);
}

/** A sentence in rows that end between words, where these are no longer than a row. */
export function wrapWords(text: string, columns: number): string[] {
  const rows: string[] = [];
  for (const word of text.split(" ")) {
    const joined = `${rows.at(-1)} ${word}`;
    if (rows.length > 0 && widthOf(joined) <= columns) rows[rows.length - 1] = joined;
    else rows.push(...wrapToWidth(word, columns));
  }
  return rows;
}

/** Rows of agents below the head of their table, which is left out where every row counts. */
export function listRows({ agents: { rows } }: Layout): { readonly head: number; readonly rows: number } {
  const head = rows >= LEAST_AGENT_ROWS ? 1 : 0;
  return { head, rows: rows - head };
}
