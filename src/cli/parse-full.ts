// Reads arguments with yargs: strictly, explaining every mistake.
import type { Hint } from "../../protocol/hint.js";
import { suggest } from "../../protocol/suggest.js";
import type { Command } from "./command.js";
import { GLOBAL_FLAGS } from "./flags.js";
import { fits, type Parsed, toParsed } from "./parse-hot.js";
import { synopsis } from "./synopsis.js";
import { UsageError } from "./usage-error.js";
import { parserOf } from "./yargs-parser.js";

/**
 * Reads the arguments of a command.
 * @throws {UsageError} naming what is wrong, with the nearest flag.
 */
export function parseFull(command: Command, argv: readonly string[]): Parsed {
  const { own, program } = command.takesProgram ? splitProgram(argv) : { own: argv, program: [] };
  const parser = parserOf(command).fail((message, error) => {
    throw wrongUsage(command, error?.message ?? message);
  });
  const values = parser.parseSync([...own]);
  const words = (values._ as readonly unknown[]).map(String);
  if (!fits(command, words)) throw wrongCount(command, words);
  return toParsed(command, values, words, program);
}

/** The program that a command is to run, with arguments that are none of Hearth's business. */
function splitProgram(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly program: readonly string[];
} {
  const end = argv.indexOf("--");
  return end === -1 ? { own: argv, program: [] } : { own: argv.slice(0, end), program: argv.slice(end + 1) };
}

function wrongCount(command: Command, words: readonly string[]): UsageError {
  const tooMany = words[command.positionals?.length ?? 0];
  if (tooMany === undefined) return new UsageError(`usage: hearth ${synopsis(command)}`, helpOf(command));
  return new UsageError(`${command.name}: too many arguments: "${tooMany}"`, helpOf(command));
}

/** What yargs has to say, in the words of this command. */
function wrongUsage(command: Command, message: string): UsageError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(", ")[0];
  if (unknown !== undefined) return unknownFlag(command, unknown);
  const valueless = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  // A value that begins with a dash is taken for the next flag, unless it is joined to its own.
  if (valueless !== undefined)
    return new UsageError(
      `${dashed(valueless)} needs a value`,
      `write it like ${dashed(valueless)}=VALUE; for more, run \`hearth ${command.name} --help\``,
    );
  return new UsageError(`${command.name}: ${message}`, helpOf(command));
}

function unknownFlag(command: Command, name: string): UsageError {
  const [best] = suggest(name, [...Object.keys(command.flags ?? {}), ...Object.keys(GLOBAL_FLAGS)]);
  const hint: Hint =
    best === undefined ? helpOf(command) : `did you mean --${best}? If not, run \`hearth ${command.name} --help\``;
  return new UsageError(`${command.name} has no flag ${dashed(name)}`, hint);
}

function helpOf({ name }: Command): Hint {
  return `run \`hearth ${name} --help\``;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
