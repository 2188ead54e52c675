// Decides where an agent's stderr goes when it is kept out of the log.
import { devNull } from "node:os";
import { dirname, resolve } from "node:path";
import type { AgentDefinition } from "../../protocol/definition.js";
import { homeFiles } from "../paths.js";
import type { ConfigFlaw } from "./problem.js";
import type { AgentSpec, StderrFile } from "./spec.js";

/** Resolves `stderr` of a definition that has passed its schema; what is wrong is added to `flaws`. */
export function resolveStderr(
  { stderr, session }: Pick<AgentDefinition, "stderr" | "session">,
  directory: string,
  flaws: ConfigFlaw[],
): StderrFile | null {
  if (stderr === undefined) return null;
  if (session === "tmux") flaws.push(NOT_IN_A_TERMINAL);
  return stderr === true ? { kind: "beside-log" } : { kind: "path", path: resolve(directory, stderr) };
}

const NOT_IN_A_TERMINAL: ConfigFlaw = {
  path: ["stderr"],
  message: "a terminal shows stdout and stderr as one, so they can't be kept apart",
  hint: 'take stderr out, or session = "tmux"',
};

/** Whoever else may write to the file of an agent. */
export interface Writers {
  readonly others: Iterable<AgentSpec>;
  /** The home, whose logs the daemon and its agents write to. */
  readonly home: string;
}

/**
 * Two can't write to one file, which is rotated while the writers of one of them are held still; null if none does. What
 * keeps nothing may be everybody's.
 */
export function sharedStderr({ stderr }: AgentSpec, { others, home }: Writers): ConfigFlaw | null {
  if (stderr?.kind !== "path" || stderr.path === devNull) return null;
  if (isLogOf(home, stderr.path)) {
    const hint = "name a file elsewhere, or say `stderr = true`";
    return { path: ["stderr"], message: `${stderr.path} is among the logs of the home`, hint };
  }
  for (const other of others) {
    if (other.stderr?.kind !== "path" || other.stderr.path !== stderr.path) continue;
    const message = `${stderr.path} is the stderr file of "${other.name}" already`;
    return { path: ["stderr"], message, hint: "give each agent a file of its own" };
  }
  return null;
}

/** Also of an agent that is yet to come, and a backup. */
function isLogOf(home: string, path: string): boolean {
  const { agentLogs, daemonLog } = homeFiles(home);
  return dirname(path) === agentLogs || path === daemonLog || path.startsWith(`${daemonLog}.`);
}
