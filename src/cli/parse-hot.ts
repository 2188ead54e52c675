// Reads the arguments of a hot command with Node's own parser; yargs takes ten times as long to load.
import { parseArgs } from "node:util";
import type { Arguments, Command } from "./command.js";
import { type FlagSpecs, GLOBAL_FLAGS, type GlobalFlags } from "./flags.js";

/** What a command line says, besides which command it calls. */
export interface Parsed {
  readonly given: Arguments;
  readonly globals: GlobalFlags;
}

/** Null when anything is unusual (help, a mistake): then yargs reads the same arguments and explains. */
export function parseHot(command: Command, argv: readonly string[]): Parsed | null {
  try {
    const options = { ...toOptions(command.flags ?? {}), ...toOptions(GLOBAL_FLAGS) };
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const isUnusual = values.help || values.version || !fits(command, positionals);
    return isUnusual ? null : toParsed(command, values, positionals);
  } catch {
    return null;
  }
}

/** Sorts what a parser found into the command's flags and the global ones. */
export function toParsed(
  command: Command,
  values: Readonly<Record<string, unknown>>,
  words: readonly string[],
  program: readonly string[] = [],
): Parsed {
  const given = { flags: pick(command.flags ?? {}, values), words, program };
  return { given, globals: pick(GLOBAL_FLAGS, values) as GlobalFlags };
}

/** A flag that is given twice means what was said last. */
function pick(specs: FlagSpecs, values: Readonly<Record<string, unknown>>): Arguments["flags"] {
  const entries = Object.entries(specs).map(([name, { type }]) => {
    const value = [values[name]].flat().at(-1);
    return [name, type === "boolean" ? value === true : value];
  });
  return Object.fromEntries(entries) as Arguments["flags"];
}

function toOptions(specs: FlagSpecs) {
  const entries = Object.entries(specs).map(([name, { type, short }]) => [
    name,
    short === undefined ? { type } : { type, short },
  ]);
  return Object.fromEntries(entries) as Record<string, { type: "boolean" | "string"; short?: string }>;
}

/** Whether a command takes that many words. */
export function fits({ positionals = [] }: Command, words: readonly string[]): boolean {
  const required = positionals.filter((positional) => positional.required).length;
  const isEndless = positionals.some((positional) => positional.variadic);
  return words.length >= required && (isEndless || words.length <= positionals.length);
}
