// What `hearth init` proposes to write: agents it found in a project, with where each comes from.
import { MAX_NAME_LENGTH, NAME_PATTERN } from "../../../protocol/names.js";
import type { TomlValue } from "./toml.js";

/** The files beside the hearth.toml to be. */
export interface Project {
  /** Absolute. */
  readonly directory: string;
  /** Names of what lies in it. */
  readonly names: ReadonlySet<string>;
  /** A file's text; null when there is none that can be read. */
  read(name: string): string | null;
}

/** An agent as it was found. */
export interface Found {
  /** As its source calls it. */
  readonly name: string;
  /** Settings in the order in which they are to be written; the command first. */
  readonly settings: Readonly<Record<string, TomlValue>>;
  /** What a person should know of it, a line each. */
  readonly remarks?: readonly string[];
  /** Written as a comment, for a person to switch on. */
  readonly isOff?: boolean;
}

/** What one source has to say. */
export interface Findings {
  /** The file, or what it was guessed from. */
  readonly source: string;
  readonly agents: readonly Found[];
  /** Why it has no agents although it is there, or not all that it lists. */
  readonly trouble?: string;
}

/** Characters that mean something to a shell, or could; all others are the same with and without one. */
const NEEDS_NO_SHELL = /^(?!\s*[A-Za-z_]\w*=)[A-Za-z0-9_@%+=:,./ -]+$/;

/** A command line as its source would have had a shell run it: plain when no shell is needed. */
export function shellCommand(line: string): TomlValue {
  return NEEDS_NO_SHELL.test(line) ? line.trim() : ["sh", "-c", line];
}

/** The daemon itself, and what no table of free names can have for a key. */
const REFUSED = ["daemon", "constructor", "prototype"];

/** Gives every agent a name that Hearth accepts and no other has. */
export function named(agents: readonly Found[]): Found[] {
  const taken = new Set(REFUSED);
  return agents.map((agent) => {
    const name = freeName(agentName(agent.name), taken);
    taken.add(name);
    return { ...agent, name };
  });
}

/** The nearest to a text that is the name of an agent: "@shop/api:web" becomes "shop/api-web". */
function agentName(text: string): string {
  const segments = text
    .split("/")
    .map((segment) => segment.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^[-_]+|-+$/g, ""));
  const name = segments.filter((segment) => segment !== "").join("/");
  // Leaves room for a number behind it.
  const short = name.slice(0, MAX_NAME_LENGTH - 8).replace(/\/$/, "");
  return NAME_PATTERN.test(short) ? short : "agent";
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) if (!taken.has(`${name}-${number}`)) return `${name}-${number}`;
}
