// The flags that `logs` and `daemon logs` share.
import type { Context } from "./context.js";
import type { FlagValues } from "./flags.js";
import { UsageError } from "./usage-error.js";

export const LOG_FLAGS = {
  lines: { type: "string", short: "n", value: "COUNT", summary: "how many lines to begin with (50)" },
  follow: { type: "boolean", short: "f", summary: "go on with what is written, until Ctrl-C" },
} as const;

type LogFlags = FlagValues<typeof LOG_FLAGS>;

const DEFAULT_LINES = 50;

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
export function refuseJsonStream({ output }: Context, { follow }: LogFlags): void {
  if (follow && output.json)
    throw new UsageError(
      "--json prints one value, so it cannot follow",
      "leave out --json or -f; `hearth logs --help` tells of both",
    );
}
