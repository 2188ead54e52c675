// The hearth program as it is started: does what is called all the time by itself, in one small file, and leaves the rest.
import type { Command } from "./command.js";
import { command as beat } from "./commands/beat.js";
import { command as cycle } from "./commands/cycle.js";
import { command as poke } from "./commands/poke.js";
import { command as ready } from "./commands/ready.js";
import { programBeside, runQuickly } from "./quick.js";
import { statusCommand } from "./status/command.js";

/** Without what it shows to people, which would make what scripts call slower to load. */
const status = statusCommand(() => Promise.reject(new Error("what people see is shown by a program of its own")));

/** Scripts, editors, prompts and agents call these again and again. */
const HOT_COMMANDS: readonly Command[] = [status, beat, poke, ready, cycle];

runQuickly(HOT_COMMANDS, ({ command, parsed: { given, globals } }) => {
  const isForPeople = !globals.json || given.flags.watch;
  return command === status && isForPeople ? programBeside("hearth-status", "cjs") : null;
});
