// Runs any command line: finds the command, reads its arguments with yargs, and gives help.
import { DAEMON_VERSION } from "../../protocol/version.js";
import { recognise } from "./command-words.js";
import { QUESTION } from "./completion/question.js";
import { type Surroundings, wantsColour } from "./context.js";
import { EXIT } from "./exit-codes.js";
import { beforeProgram, guarded, perform, wantsJson } from "./perform.js";
import type { Style } from "./render/text.js";
import { UsageError } from "./usage-error.js";

/** Help is prose, which is no easier to read in longer lines. */
const HELP_COLUMNS = { default: 80, max: 100 };

/** Runs one command line and returns its exit code; every failure is told on the way. */
export function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  return guarded(argv, surroundings, () => dispatch(argv, surroundings));
}

async function dispatch(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  if (argv[0] === QUESTION) return (await import("./completion/answer.js")).answerShell(argv.slice(1), surroundings);
  const recognised = recognise(argv);
  if ("unknown" in recognised) return withoutCommand(argv, recognised.unknown, surroundings);
  const { entry, rest } = recognised.called;
  const style = helpStyle(argv, surroundings);
  const tell = teller(argv, surroundings);
  if (asksForHelp(rest)) return tell({ help: await (await helpText()).explainCommand([entry.name], style) });
  if (beforeProgram(rest).includes("--version")) return tell({ version: DAEMON_VERSION });
  // yargs, and all that depends on it, is loaded only when it is needed.
  const [{ command }, { parseFull }] = await Promise.all([entry.load(), import("./parse-full.js")]);
  const explain = async (words: readonly string[]) => (await helpText()).explain(words, style);
  return perform(command, parseFull(command, rest), { surroundings, explain });
}

async function withoutCommand(
  argv: readonly string[],
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const tell = teller(argv, surroundings);
  if (argv.includes("--version")) return tell({ version: DAEMON_VERSION });
  const style = helpStyle(argv, surroundings);
  const { explainCommand, unknownCommand } = await helpText();
  if (asksForHelp(argv)) return tell({ help: await explainCommand(words, style) });
  if (words.length > 0) throw unknownCommand(words);
  if (wantsJson(argv)) throw new UsageError("hearth: which command?", "run `hearth help`");
  surroundings.stderr.write(`${await explainCommand([], style)}\n`);
  return EXIT.usage;
}

/** Loaded only when it is needed, with every command that it describes. */
function helpText() {
  return import("./help-text.js");
}

function helpStyle(argv: readonly string[], surroundings: Surroundings): Style {
  const columns = Math.min(surroundings.stdout.columns || HELP_COLUMNS.default, HELP_COLUMNS.max);
  return { columns, isColourful: wantsColour(surroundings, { noColour: argv.includes("--no-color") }) };
}

function asksForHelp(argv: readonly string[]): boolean {
  const own = beforeProgram(argv);
  return own.includes("--help") || own.includes("-h");
}

/** Prints a text, with --json as the value that it is. */
function teller(argv: readonly string[], { stdout }: Surroundings) {
  return (told: { readonly help: string } | { readonly version: string }): number => {
    stdout.write(`${wantsJson(argv) ? JSON.stringify(told) : Object.values(told)[0]}\n`);
    return EXIT.done;
  };
}
