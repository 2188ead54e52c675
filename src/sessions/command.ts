// Finds the program of a command before anything is started, so that a wrong definition is told apart from bad luck.
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { LaunchError } from "./session.js";

/** Where a program is looked for when its environment names no PATH, as execvp(3) does. */
const DEFAULT_PATH = "/bin:/usr/bin";

/** What to look for, and from where. */
export interface CommandLookup {
  readonly program: string;
  readonly cwd: string;
  /** PATH of the environment the program will get. */
  readonly path: string | undefined;
}

/**
 * Absolute path of the program. A name with a slash is relative to `cwd`; any other is searched in `path`.
 *
 * @throws LaunchError when the working directory or the program is missing or may not be used
 */
export function findProgram(lookup: CommandLookup): string {
  checkDirectory(lookup.cwd);
  if (!lookup.program.includes("/")) return searchPath(lookup);
  const file = resolve(lookup.cwd, lookup.program);
  const flaw = flawOf(file);
  if (flaw === "missing") throw new LaunchError(`command not found: ${file}`, "correct `command` in the definition");
  if (flaw !== null) throw notExecutable(file, flaw);
  return file;
}

/** PATH of an environment. */
export function pathOf(env: Readonly<Record<string, string>>): string | undefined {
  return env.PATH;
}

function searchPath({ program, cwd, path = DEFAULT_PATH }: CommandLookup): string {
  let refused: LaunchError | null = null;
  for (const directory of path.split(delimiter)) {
    const file = resolve(cwd, directory, program);
    const flaw = flawOf(file);
    if (flaw === null) return file;
    // As shells do: a file that may not be executed is mentioned only if nothing better follows.
    if (flaw === "not executable") refused ??= notExecutable(file, flaw);
  }
  throw refused ?? notFound(program, path);
}

function notFound(program: string, path: string): LaunchError {
  const hint = "give `command` an absolute path, or set PATH in the agent's `env`";
  return new LaunchError(`command not found: ${program} (searched PATH ${path})`, hint);
}

function notExecutable(file: string, flaw: string): LaunchError {
  return new LaunchError(`command cannot be run: ${file} is ${flaw}`, `run: chmod +x ${file}`);
}

function checkDirectory(cwd: string): void {
  const stats = statOrNull(cwd);
  const hint = "create it, or correct `cwd` in the definition";
  if (stats === null) throw new LaunchError(`working directory does not exist: ${cwd}`, hint);
  if (!stats.isDirectory()) throw new LaunchError(`working directory is not a directory: ${cwd}`, hint);
  if (!isExecutable(cwd))
    throw new LaunchError(`working directory may not be entered: ${cwd}`, `run: chmod u+x ${cwd}`);
}

function flawOf(file: string): "missing" | "a directory" | "not executable" | null {
  const stats = statOrNull(file);
  if (stats === null) return "missing";
  if (stats.isDirectory()) return "a directory";
  return isExecutable(file) ? null : "not executable";
}

function statOrNull(file: string): Stats | null {
  try {
    // An error for each directory of PATH that doesn't have it would cost many times the question.
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    // What is in a directory that cannot be searched is as good as missing.
    return null;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
