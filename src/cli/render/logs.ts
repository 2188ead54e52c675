// Lines of logs for people: an agent's own, and the daemon's JSON.
import { paint, plain, plainWithColours, type Style } from "./text.js";

/** Lines of an agent's output: as they are, but nothing that could control the terminal gets through except colours. */
export function renderLogLines(
  lines: readonly string[],
  style: Style,
  options: { readonly prefix?: string } = {},
): string[] {
  const clean = style.isColourful ? plainWithColours : plain;
  const prefix = options.prefix === undefined ? "" : `${paint(plain(options.prefix), "dim", style)} | `;
  return lines.map((line) => prefix + clean(line));
}

/** Lines of the daemon's log: "TIME LEVEL message field=value". */
export function renderDaemonLogLines(lines: readonly string[], style: Style): string[] {
  return lines.map((line) => renderEntry(line, style));
}

function renderEntry(line: string, style: Style): string {
  const entry = parse(line);
  if (entry === null) return plain(line);
  const { at, level, message, ...fields } = entry;
  const colour = level === "error" ? "red" : level === "warn" ? "yellow" : null;
  const rest = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const head = `${plain(String(at))} ${paint(plain(String(level)).padEnd(5), colour, style)}`;
  return `${head} ${plain(`${String(message)}${rest.join("")}`)}`;
}

/** Null for a line that is not an entry, such as one that was cut off. */
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
