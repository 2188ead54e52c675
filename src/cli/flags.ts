// Flags: what one is, and those that every command has.
import { type Completes, DIRECTORIES, FILES } from "./completion/completes.js";

/** A flag of a command. A string takes a value, which help calls `value`. */
export type FlagSpec =
  | { readonly type: "boolean"; readonly short?: string; readonly summary: string }
  | {
      readonly type: "string";
      readonly short?: string;
      readonly summary: string;
      readonly value: string;
      readonly completes?: Completes;
    };

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** What was given for each flag; a boolean that was not given is false. */
export type FlagValues<F extends FlagSpecs> = {
  readonly [K in keyof F]: F[K]["type"] extends "boolean" ? boolean : string | undefined;
};

/** Flags of every command. */
export const GLOBAL_FLAGS = {
  home: {
    type: "string",
    value: "DIR",
    completes: DIRECTORIES,
    summary: "the daemon's home (default: HEARTH_HOME, a project's .hearth, ~/.hearth)",
  },
  descriptor: {
    type: "string",
    value: "FILE",
    completes: FILES,
    summary: "the daemon's descriptor instead of HOME/daemon.json",
  },
  socket: {
    type: "string",
    value: "PATH",
    completes: FILES,
    summary: "the daemon's socket instead of the one in the descriptor",
  },
  json: { type: "boolean", summary: "print one JSON value" },
  timeout: { type: "string", value: "TIME", summary: "how long to wait, such as 90s or 5m (30s; daemon start: 60s)" },
  "no-color": { type: "boolean", summary: "no colours (also NO_COLOR)" },
  help: { type: "boolean", short: "h", summary: "show this help" },
  version: { type: "boolean", summary: "show the version" },
} as const satisfies FlagSpecs;

export type GlobalFlags = FlagValues<typeof GLOBAL_FLAGS>;
