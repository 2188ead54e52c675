// Which command a command line calls, whatever global flags stand before or between its words.

import { type CommandEntry, findCommand } from "./commands.js";
import { GLOBAL_FLAGS } from "./flags.js";

export interface Called {
  readonly entry: CommandEntry;
  /** The command line without the command's own words. */
  readonly rest: readonly string[];
}

/** The command, or the words that name none (empty when there are no words at all). */
export type Recognised = { readonly called: Called } | { readonly unknown: readonly string[] };

/** Reads as many words as the longest command name has. */
export function recognise(argv: readonly string[]): Recognised {
  const [first, second] = wordPositions(argv);
  if (first === undefined) return { unknown: [] };
  const pair = second === undefined ? [first] : [first, second];
  for (const positions of [pair, [first]]) {
    const entry = findCommand(positions.map((at) => argv[at]).join(" "));
    if (entry !== undefined) return { called: { entry, rest: argv.filter((_, at) => !positions.includes(at)) } };
  }
  return { unknown: pair.map((at) => argv[at] ?? "") };
}

/** Where the first two words stand that are neither flags nor their values. */
function wordPositions(argv: readonly string[]): number[] {
  const positions: number[] = [];
  for (let at = 0; at < argv.length && positions.length < 2; at++) {
    const argument = argv[at] ?? "";
    if (argument === "--") break;
    if (!argument.startsWith("-")) positions.push(at);
    else if (takesValue(argument)) at++;
  }
  return positions;
}

function takesValue(argument: string): boolean {
  const name = argument.slice(2) as keyof typeof GLOBAL_FLAGS;
  return Object.hasOwn(GLOBAL_FLAGS, name) && GLOBAL_FLAGS[name].type === "string";
}
