// The rows of a log, and where it can be scrolled to.
import { plain, plainWithColours, type Style } from "../render/text.js";
import { clipToWidth, wrapToWidth } from "../render/width.js";
import type { Move } from "./keys.js";
import type { LogPane, Size } from "./model.js";

/** Where a log is shown. */
export interface LogFrame extends Size {
  /** Long lines go on in the next row, instead of being cut. */
  readonly wraps: "wraps" | "cuts";
}

/** The rows that are seen of a log, at most as many as there is room for. */
export function logRows({ lines, bottom }: LogPane, frame: LogFrame, style: Style): string[] {
  let rows: string[] = [];
  for (let at = bottom ?? lines.length - 1; at >= 0 && rows.length < frame.rows; at--) {
    rows = [...rowsOf(lines[at] ?? "", frame, style), ...rows];
  }
  return frame.rows > 0 ? rows.slice(-frame.rows) : [];
}

/** The log after a move. At its end it is followed, anywhere else it is held still. */
export function scrolled(log: LogPane, move: Move, frame: LogFrame): LogPane {
  const last = log.lines.length - 1;
  const from = log.bottom ?? last;
  const page = Math.max(1, wholeLines(log.lines, from, frame) - 1);
  const to = { up: from - 1, down: from + 1, "page-up": from - page, "page-down": from + page, first: 0, last }[move];
  return { ...log, bottom: to >= last ? null : Math.min(last, Math.max(to, lowestOfFirstPage(log.lines, frame))) };
}

/** What a terminal would show of a line: a program that draws over its own line means what it has drawn last. */
function rowsOf(line: string, { columns, wraps }: LogFrame, { isColourful }: Style): string[] {
  const drawn = line.trimEnd();
  const last = drawn.slice(drawn.lastIndexOf("\r") + 1);
  const text = isColourful ? plainWithColours(last) : plain(last);
  return wraps === "wraps" ? wrapToWidth(text, columns) : [clipToWidth(text, columns)];
}

const BARE: Style = { columns: 0, isColourful: false };

function heightOf(line: string, frame: LogFrame): number {
  return frame.wraps === "wraps" ? rowsOf(line, frame, BARE).length : 1;
}

/** How many lines are seen from this one upwards. */
function wholeLines(lines: readonly string[], bottom: number, frame: LogFrame): number {
  let rows = 0;
  let at = bottom;
  for (; at >= 0; at--) {
    rows += heightOf(lines[at] ?? "", frame);
    if (rows > frame.rows) break;
  }
  return bottom - at;
}

/** With a line further up at the bottom there would be room left above the first. */
function lowestOfFirstPage(lines: readonly string[], frame: LogFrame): number {
  let rows = 0;
  const found = lines.findIndex((line) => {
    rows += heightOf(line, frame);
    return rows >= frame.rows;
  });
  return found === -1 ? lines.length - 1 : found;
}
