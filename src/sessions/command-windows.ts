// Finds the program of a command on Windows, where names are searched with the endings of PATHEXT.
import { type Stats, statSync } from "node:fs";
import { delimiter, extname, resolve } from "node:path";
import type { CommandLookup } from "./command.js";
import { LaunchError } from "./session.js";

const DEFAULT_ENDINGS = ".COM;.EXE;.BAT;.CMD";

/**
 * Absolute path of the program. A name with a slash is relative to `cwd`; any other is searched in PATH, not in `cwd`.
 *
 * @throws LaunchError when the working directory or the program is missing
 */
export function findProgram({ program, cwd, path = "" }: CommandLookup): string {
  if (!isDirectory(cwd)) {
    throw new LaunchError(`working directory does not exist: ${cwd}`, "create it, or correct `cwd` in the definition");
  }
  const endings = endingsFor(program, process.env.PATHEXT ?? DEFAULT_ENDINGS);
  if (/[\\/]/.test(program)) return firstFile([resolve(cwd, program)], endings) ?? notFound(resolve(cwd, program));
  const places = path.split(delimiter).filter((directory) => directory !== "");
  const files = places.map((directory) => resolve(cwd, directory, program));
  return firstFile(files, endings) ?? notFound(`${program} (searched PATH ${path})`);
}

/** A name that has one of the endings is tried as it is, first. */
function endingsFor(program: string, pathext: string): readonly string[] {
  const known = pathext.split(";").filter((ending) => ending !== "");
  const has = known.some((ending) => ending.toLowerCase() === extname(program).toLowerCase());
  return has ? ["", ...known] : known;
}

function firstFile(stems: readonly string[], endings: readonly string[]): string | undefined {
  return stems.flatMap((stem) => endings.map((ending) => stem + ending)).find((file) => statOrNull(file)?.isFile());
}

/** Names of variables are the same in any case; Windows itself writes `Path`. */
export function pathOf(env: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(env).find(([name]) => name.toUpperCase() === "PATH")?.[1];
}

function notFound(what: string): never {
  throw new LaunchError(
    `command not found: ${what}`,
    "give `command` an absolute path, or set PATH in the agent's `env`",
  );
}

function isDirectory(path: string): boolean {
  return statOrNull(path)?.isDirectory() ?? false;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
