// What a command is: its words, flags and help, with the function that carries it out.
import type { Completes } from "./completion/completes.js";
import type { Context } from "./context.js";
import type { ExitName } from "./exit-codes.js";
import type { FlagSpecs, FlagValues } from "./flags.js";

/** A word behind the command's own. */
export interface PositionalSpec {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  /** Takes all the words that are left. */
  readonly variadic?: boolean;
  readonly completes?: Completes;
}

/** Arguments as they were given, checked against the command's definition. */
export interface Arguments<F extends FlagSpecs = FlagSpecs> {
  readonly flags: FlagValues<F>;
  readonly words: readonly string[];
  /** What stands behind `--`, for commands that take a program. */
  readonly program: readonly string[];
}

/** Everything about one command in one place. */
export interface Command<F extends FlagSpecs = FlagSpecs> {
  /** One or two words, such as `daemon start`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line, for lists of commands. */
  readonly summary: string;
  /** Whatever else a person should know; paragraphs are parted by an empty line. */
  readonly details?: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly flags?: F;
  /** Command lines as one would type them; what one does may follow, as "  # WHAT". */
  readonly examples?: readonly string[];
  /** Exit codes that mean something to whoever calls this, besides 0, wrong usage and plain failures. */
  readonly exits?: Partial<Readonly<Record<ExitName, string>>>;
  /** Commands to know next, and as "help TOPIC" topics. */
  readonly seeAlso?: readonly string[];
  /** Takes a program with its arguments behind `--`. */
  readonly takesProgram?: boolean;
  /** Ctrl-C is this command's own matter instead of ending it. */
  readonly ownsSignals?: boolean;
  /** Returns the exit code; what it throws is shown and mapped to one. */
  run(context: Context, given: Arguments<F>): Promise<number>;
}

/** Keeps the flags' exact types for `run` and forgets them for the table. */
export function defineCommand<const F extends FlagSpecs>(command: Command<F>): Command {
  return command as unknown as Command;
}
