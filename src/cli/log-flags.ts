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
export function lineCount({ lines }: LogFlags): number {
  if (lines === undefined) return DEFAULT_LINES;
  if (!/^\d{1,6}$/.test(lines)) throw new UsageError(`-n: "${lines}" is not a count of lines`, "write it like -n 200");
  return Number(lines);
}

/** @throws {UsageError} --json means one value, and a stream is none. */
export function refuseJsonStream({ output }: Context, { follow }: LogFlags): void {
  if (follow && output.json)
    throw new UsageError("--json prints one value, so it cannot follow", "leave out --json or -f");
}
