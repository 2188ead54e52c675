// Where the daemon's program is, and what it inherits from whoever launches it.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Whereabouts } from "./discover.js";

const PROGRAM = "hearthd.cjs";

/** hearthd lies beside the client's own program; code that is loaded on demand lies one directory further down. */
export function hearthdProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, PROGRAM);
  return existsSync(beside) ? beside : join(dirname(here), PROGRAM);
}

/**
 * Node's own arguments for the daemon. What a burst of work leaves in V8's young generation stays resident in an idle
 * process; bounding it to 4 MiB halves hearthd's memory with many agents and was measured to cost no throughput.
 */
export const NODE_ARGUMENTS: readonly string[] = ["--max-semi-space-size=4"];

export interface HearthdPlace {
  readonly whereabouts: Whereabouts;
  /** Handed on to the daemon when they were named. */
  readonly named?: NamedPlaces | undefined;
  /** Path of hearthd; found beside this program when left out. */
  readonly program?: string | undefined;
}

/** The arguments with which Node runs hearthd for a home. */
export function hearthdArguments(
  { whereabouts, named = {}, program = hearthdProgram() }: HearthdPlace,
  flags: readonly string[] = [],
): string[] {
  return [...NODE_ARGUMENTS, program, ...placeArguments(whereabouts, named), ...flags];
}

/** Tells hearthd where its files are. */
function placeArguments({ location, descriptorPath, socketPath }: Whereabouts, named: NamedPlaces): string[] {
  const descriptor = named.descriptor === undefined ? [] : ["--descriptor", descriptorPath];
  const socket = named.socket === undefined || socketPath === null ? [] : ["--socket", socketPath];
  return ["--home", location.home, ...socket, ...descriptor];
}

/** The places that a person named; what was merely found is left to the daemon's own rules. */
export interface NamedPlaces {
  readonly descriptor?: string | undefined;
  readonly socket?: string | undefined;
}

/** What belongs to a session; a daemon that an agent starts must not pass it on to other agents. */
const SESSION_VARIABLES = [
  "HEARTH_TOKEN",
  "HEARTH_AGENT",
  "HEARTH_INCARNATION",
  "HEARTH_HANDOFF_FILE",
  "HEARTH_SOCKET",
];

/** The caller's environment without what belongs to a session, with the home and the caller's limit of open files. */
export function daemonEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
  parentPid: number,
): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !SESSION_VARIABLES.includes(name));
  const limit = softOpenFiles(parentPid);
  return { ...Object.fromEntries(kept), HEARTH_HOME: home, ...(limit === null ? {} : { HEARTHD_NOFILE: limit }) };
}

/** Read from the parent, since Node raised this process's own limit. */
function softOpenFiles(parentPid: number): string | null {
  try {
    return /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${parentPid}/limits`, "latin1"))?.[1] ?? null;
  } catch {
    return null;
  }
}
