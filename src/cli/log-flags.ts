// The flags that `logs` and `daemon logs` share.
import type { Context } from "./context.js";
import type { FlagValues } from "./flags.js";
import type { LineFilter } from "./logs/line-filter.js";
import { parsePattern } from "./logs/pattern.js";
import { parseSince } from "./since.js";
import { UsageError } from "./usage-error.js";

export const LOG_FLAGS = {
  lines: {
    type: "string",
    short: "n",
    value: "COUNT",
    summary: "how many lines to begin with (50; with --since: all)",
  },
  follow: { type: "boolean", short: "f", summary: "go on with what is written, until Ctrl-C" },
  since: {
    type: "string",
    value: "TIME",
    summary: 'only what was written since: 10m, 08:00, "2026-11-21 08:00", RFC 3339',
  },
  grep: { type: "string", value: "REGEX", summary: 'only lines that match; "(?i)" at its beginning ignores case' },
} as const;

type LogFlags = FlagValues<typeof LOG_FLAGS>;

const DEFAULT_LINES = 50;

/** Lines that one JSON value holds at most, unless -n says so. */
const MAX_JSON_LINES = 100_000;

/** Tells that JSON has only the last lines, if nobody asked for that; `most` is how many there are of a log. */
export function noteCut({ output }: Context, { lines }: Pick<LogFlags, "lines">, most: number): void {
  if (output.json && lines === undefined && most >= MAX_JSON_LINES)
    output.note(`note: these are the last ${MAX_JSON_LINES} lines; -n says how many`);
}

/**
 * Which lines are wanted; `now` is in unix milliseconds.
 * @throws {UsageError} -n is no count, --since no moment in the past, or --grep no regular expression.
 */
export function lineFilter({ output }: Context, flags: Omit<LogFlags, "follow">, now: number): LineFilter {
  const { since, grep } = flags;
  const all = output.json ? MAX_JSON_LINES : null;
  return {
    lines: flags.lines === undefined && since !== undefined ? all : lineCount(flags),
    sinceMs: since === undefined ? null : parseSince(since, now),
    pattern: grep === undefined ? null : parsePattern(grep),
  };
}

/** @throws {UsageError} -n is no count. */
export function lineCount({ lines }: Pick<LogFlags, "lines">): number {
  return countOf(lines, { fallback: DEFAULT_LINES, noun: "lines" });
}

/** How many of something -n asks for. @throws {UsageError} it is no count. */
export function countOf(
  text: string | undefined,
  { fallback, noun }: { readonly fallback: number; readonly noun: string },
): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,6}$/.test(text))
    throw new UsageError(`-n: "${text}" is not a count of ${noun}`, "write it like `hearth logs -n 200`");
  return Number(text);
}

/** @throws {UsageError} --json means one value, and a stream is none. */
export function refuseJsonStream({ output }: Context, { follow }: Pick<LogFlags, "follow">): void {
  if (follow && output.json)
    throw new UsageError(
      "--json prints one value, so it cannot follow",
      "leave out --json or -f; `hearth logs --help` tells of both",
    );
}
