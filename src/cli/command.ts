// What a command is: its words, flags and help, with the function that carries it out.
import type { Context } from "./context.js";

/** A flag of a command. A string takes a value, which help calls `value`. */
export type FlagSpec =
  | { readonly type: "boolean"; readonly short?: string; readonly summary: string }
  | { readonly type: "string"; readonly short?: string; readonly summary: string; readonly value: string };

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** What was given for each flag; a boolean that was not given is false. */
export type FlagValues<F extends FlagSpecs> = {
  readonly [K in keyof F]: F[K]["type"] extends "boolean" ? boolean : string | undefined;
};

/** A word behind the command's own. */
export interface PositionalSpec {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  /** Takes all the words that are left. */
  readonly variadic?: boolean;
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
  /** Whatever else a person should know. */
  readonly details?: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly flags?: F;
  readonly examples?: readonly string[];
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

/** Flags of every command. */
export const GLOBAL_FLAGS = {
  home: { type: "string", value: "DIR", summary: "the daemon's home (default: HEARTH_HOME, a project's .hearth, ~/.hearth)" },
  descriptor: { type: "string", value: "FILE", summary: "the daemon's descriptor instead of HOME/daemon.json" },
  socket: { type: "string", value: "PATH", summary: "the daemon's socket instead of the one in the descriptor" },
  json: { type: "boolean", summary: "print one JSON value" },
  timeout: { type: "string", value: "TIME", summary: "how long to wait, such as 90s or 5m (30s; daemon start: 60s)" },
  "no-color": { type: "boolean", summary: "no colours (also NO_COLOR)" },
  help: { type: "boolean", short: "h", summary: "show this help" },
  version: { type: "boolean", summary: "show the version" },
} as const satisfies FlagSpecs;

export type GlobalFlags = FlagValues<typeof GLOBAL_FLAGS>;
