// Lines of logs for people: agents' own, and the daemon's JSON.
import { type Colour, paint, plain, plainWithColours, type Style } from "./text.js";

/** What stands around a line, and what is shown of it. */
export interface LogLook {
  /** Whose line it is, if that is to be said. */
  readonly prefix?: string;
  /** Of the prefix. */
  readonly colour?: Colour;
  /** When it was written; "" when nobody knows, left out when nobody asks. */
  readonly time?: string;
  /** What was looked for. */
  readonly pattern?: RegExp | null;
}

/** Lines of an agent's output: as they are, but nothing that could control the terminal gets through except colours. */
export function renderLogLines(lines: readonly string[], style: Style, look: LogLook = {}): string[] {
  const { prefix, colour = "dim", time, pattern = null } = look;
  const name = prefix === undefined ? "" : `${paint(plain(prefix), colour, style)} | `;
  const begin = time === undefined ? name : `${name}${renderTime(time, style)} `;
  return lines.map((line) => begin + renderText(line, style, pattern));
}

/** As wide as a time in RFC 3339 is, whether it is known or not. */
function renderTime(time: string, style: Style): string {
  return paint((time === "" ? "-" : time).padEnd("2026-11-21T08:00:00.000Z".length), "dim", style);
}

/** What was found stands out, in a line that then has no other colours. */
function renderText(line: string, style: Style, pattern: RegExp | null): string {
  if (!style.isColourful) return plain(line);
  return pattern === null ? plainWithColours(line) : highlight(plain(line), style, pattern);
}

function highlight(text: string, style: Style, pattern: RegExp): string {
  return text.replace(pattern, (found) => (found === "" ? "" : paint(paint(found, "red", style), "bold", style)));
}

const NAME_COLOURS: readonly Colour[] = [
  ...(["cyan", "green", "yellow", "magenta", "brightBlue"] as const),
  ...(["brightCyan", "brightGreen", "brightYellow", "brightMagenta"] as const),
];

/** The colour of an agent's name: the same in every command and on every day. */
export function colourOfName(name: string): Colour {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return NAME_COLOURS[hash % NAME_COLOURS.length] ?? "dim";
}

/** On a narrow terminal names leave so much of it to the lines. */
const LARGEST_SHARE = 1 / 3;
const FEWEST_COLUMNS = 6;

/** How wide the column of the names is on a terminal. */
export function nameColumns(names: readonly string[], { columns }: Style): number {
  const widest = Math.max(0, ...names.map((name) => name.length));
  return Math.min(widest, Math.max(FEWEST_COLUMNS, Math.floor(columns * LARGEST_SHARE)));
}

/** An entry of the daemon's log, in plain text. */
export interface DaemonLogEntry {
  readonly at: string;
  readonly level: string;
  /** The message with everything that is told beside it. */
  readonly text: string;
}

/** Lines of the daemon's log: "TIME LEVEL message field=value". */
export function renderDaemonLogLines(
  lines: readonly string[],
  style: Style,
  { pattern = null }: Pick<LogLook, "pattern"> = {},
): string[] {
  return lines.map((line) => renderDaemonLogLine(line, style, pattern));
}

function renderDaemonLogLine(line: string, style: Style, pattern: RegExp | null): string {
  const entry = readEntry(line);
  if (pattern !== null && style.isColourful) return highlight(daemonLogText(line), style, pattern);
  const colour = entry?.level === "error" ? "red" : entry?.level === "warn" ? "yellow" : null;
  return entry === null ? plain(line) : layOut(entry, paint(entry.level.padEnd(5), colour, style));
}

/** A line of the daemon's log as people see it, in plain text. */
export function daemonLogText(line: string): string {
  const entry = readEntry(line);
  return entry === null ? plain(line) : layOut(entry, entry.level.padEnd(5));
}

function layOut({ at, text }: DaemonLogEntry, level: string): string {
  return `${at} ${level} ${text}`;
}

/** What a line of the daemon's log says; null for one that is no entry, such as one that was cut off. */
export function readEntry(line: string): DaemonLogEntry | null {
  const entry = parse(line);
  if (entry === null) return null;
  const { at, level, message, ...fields } = entry;
  const rest = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return { at: plain(String(at)), level: plain(String(level)), text: plain(`${String(message)}${rest.join("")}`) };
}

/** Null for a line that is not an entry. */
function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "message" in value
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
