// The hearth program as it is started: does what is called all the time by itself, in one small file, and leaves the rest.
import type { Command } from "./command.js";
import { command as beat } from "./commands/beat.js";
import { command as cycle } from "./commands/cycle.js";
import { command as poke } from "./commands/poke.js";
import { command as ready } from "./commands/ready.js";
import { command as status } from "./commands/status.js";
import { EXIT } from "./exit-codes.js";
import { type Parsed, parseHot } from "./parse-hot.js";
import { guarded, perform } from "./perform.js";
import { ownSurroundings } from "./process-streams.js";

/** Scripts, editors, prompts and agents call these again and again. */
const HOT_COMMANDS: readonly Command[] = [status, beat, poke, ready, cycle];

// Lies beside this program when both are built. A name that is computed keeps the bundler from pulling it in.
const WHOLE_PROGRAM = ["./hearth", "js"].join(".");

async function main([word = "", ...rest]: readonly string[]): Promise<void> {
  const command = HOT_COMMANDS.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
  const parsed = command === undefined ? null : parseHot(command, rest);
  // Anything unusual, such as help or a mistake, is for the program that can explain it.
  if (command === undefined || parsed === null) await import(WHOLE_PROGRAM);
  else process.exitCode = await performHot(command, parsed, rest);
}

function performHot(command: Command, parsed: Parsed, argv: readonly string[]): Promise<number> {
  const surroundings = ownSurroundings();
  return guarded(argv, surroundings, () => perform(command, parsed, { surroundings, explain: refuseHelp }));
}

function refuseHelp(): Promise<never> {
  throw new Error("hot commands have no help of their own");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = EXIT.failed;
});
