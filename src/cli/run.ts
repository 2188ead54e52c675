// Runs any command line: finds the command, reads its arguments with yargs, and gives help.
import { DAEMON_VERSION } from "../../protocol/version.js";
import { recognise } from "./command-words.js";
import type { Surroundings } from "./context.js";
import { EXIT } from "./exit-codes.js";
import { beforeProgram, guarded, perform } from "./perform.js";

/** Runs one command line and returns its exit code; every failure is told on the way. */
export function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  return guarded(argv, surroundings, () => dispatch(argv, surroundings));
}

async function dispatch(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const recognised = recognise(argv);
  if ("unknown" in recognised) return withoutCommand(argv, recognised.unknown, surroundings);
  const { entry, rest } = recognised.called;
  if (asksForHelp(rest)) return print(surroundings, await explain(entry.name.split(" ")));
  if (beforeProgram(rest).includes("--version")) return print(surroundings, DAEMON_VERSION);
  // yargs, and all that depends on it, is loaded only when it is needed.
  const [{ command }, { parseFull }] = await Promise.all([entry.load(), import("./parse-full.js")]);
  return perform(command, parseFull(command, rest), { surroundings, explain });
}

async function withoutCommand(
  argv: readonly string[],
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  if (argv.includes("--version")) return print(surroundings, DAEMON_VERSION);
  if (words.length > 0 && !asksForHelp(argv)) throw (await import("./help-text.js")).unknownCommand(words);
  const help = await explain([]);
  if (asksForHelp(argv)) return print(surroundings, help);
  surroundings.stderr.write(`${help}\n`);
  return EXIT.usage;
}

async function explain(words: readonly string[]): Promise<string> {
  return (await import("./help-text.js")).explain(words);
}

function asksForHelp(argv: readonly string[]): boolean {
  const own = beforeProgram(argv);
  return own.includes("--help") || own.includes("-h");
}

function print({ stdout }: Surroundings, text: string): number {
  stdout.write(`${text}\n`);
  return EXIT.done;
}
