// Runs one command line: finds the command, reads its arguments, and turns what it throws into words and an exit code.
import { DAEMON_VERSION } from "../../protocol/version.js";
import type { Command } from "./command.js";
import { recognise } from "./command-words.js";
import { createContext, type Surroundings } from "./context.js";
import { EXIT, exitCodeOf } from "./exit-codes.js";
import { type Parsed, parseHot } from "./parse-hot.js";

/** Runs one command line and returns its exit code; every failure is told on the way. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    return await dispatch(argv, surroundings);
  } catch (error) {
    await tell(error, { surroundings, json: beforeProgram(argv).includes("--json") });
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const recognised = recognise(argv);
  if ("unknown" in recognised) return withoutCommand(argv, recognised.unknown, surroundings);
  const { entry, rest } = recognised.called;
  const { command } = await entry.load();
  if (asksForHelp(rest)) return print(surroundings, await explain(command.name.split(" ")));
  const { given, globals } = (entry.isHot ? parseHot(command, rest) : null) ?? (await parseFully(command, rest));
  if (globals.version) return print(surroundings, DAEMON_VERSION);
  if (command.ownsSignals !== true) process.once("SIGINT", () => process.exit(EXIT.interrupted));
  return command.run(createContext(surroundings, globals, explain), given);
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

// yargs, and all that depends on it, is loaded only by those who need it.
async function parseFully(command: Command, argv: readonly string[]): Promise<Parsed> {
  return (await import("./parse-full.js")).parseFull(command, argv);
}

async function explain(words: readonly string[]): Promise<string> {
  return (await import("./help-text.js")).explain(words);
}

function asksForHelp(argv: readonly string[]): boolean {
  const own = beforeProgram(argv);
  return own.includes("--help") || own.includes("-h");
}

function beforeProgram(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

function print({ stdout }: Surroundings, text: string): number {
  stdout.write(`${text}\n`);
  return EXIT.done;
}

async function tell(
  error: unknown,
  { surroundings, json }: { surroundings: Surroundings; json: boolean },
): Promise<void> {
  const { renderFailure, reportFailure } = await import("./render/failure.js");
  const report = reportFailure(error);
  if (json) surroundings.stdout.write(`${JSON.stringify(report)}\n`);
  else surroundings.stderr.write(`${renderFailure(report).join("\n")}\n`);
}
