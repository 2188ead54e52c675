// Runs a few commands by themselves, without the whole program, as long as there is nothing unusual about the command line.
import type { Command } from "./command.js";
import { EXIT } from "./exit-codes.js";
import { type Parsed, parseHot } from "./parse-hot.js";
import { guarded, perform } from "./perform.js";
import { ownSurroundings } from "./process-streams.js";

/** Given to the built program by its head, src/head.cjs, beside which it looks. */
declare const importModule: (path: string) => Promise<unknown>;

/** A program that lies beside this one when both are built. A name that is computed keeps the bundler from pulling it in. */
export function programBeside(name: string, extension: "js" | "cjs"): string {
  return [`./${name}`, extension].join(".");
}

/** One command line that belongs to this program. */
export interface QuickCall {
  readonly command: Command;
  readonly parsed: Parsed;
}

/** Runs this process's command line; `elsewhere` may name the program that a call belongs to instead. */
export function runQuickly(commands: readonly Command[], elsewhere: (call: QuickCall) => string | null): void {
  run(process.argv.slice(2), commands, elsewhere).catch((error: unknown) => {
    console.error(error);
    process.exitCode = EXIT.failed;
  });
}

async function run(
  [word = "", ...rest]: readonly string[],
  commands: readonly Command[],
  elsewhere: (call: QuickCall) => string | null,
): Promise<void> {
  const command = commands.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
  const parsed = command === undefined ? null : parseHot(command, rest);
  // Anything unusual, such as help or a mistake, is for the program that can explain it.
  if (command === undefined || parsed === null) return load(programBeside("hearth", "js"));
  const other = elsewhere({ command, parsed });
  if (other !== null) return load(other);
  process.exitCode = await performQuickly({ command, parsed }, rest);
}

/** `require` spares a CommonJS program the loader of ES modules, which takes as long as all the rest. */
async function load(program: string): Promise<void> {
  if (program.endsWith(".cjs")) require(program);
  else await importModule(program);
}

function performQuickly({ command, parsed }: QuickCall, argv: readonly string[]): Promise<number> {
  const surroundings = ownSurroundings();
  return guarded(argv, surroundings, () => perform(command, parsed, { surroundings, explain: refuseHelp }));
}

function refuseHelp(): Promise<never> {
  throw new Error("hot commands have no help of their own");
}
