// Looks at the file that a definition names for stderr, before anything is opened: a pipe would be waited for.
import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { NOWHERE } from "../logs/open-log.js";
import { LaunchError } from "../sessions/session.js";

/** @throws LaunchError when it is no regular file, or has no directory to be made in */
export function assertCanBeAppendedTo(file: string): void {
  const directory = dirname(file);
  const parent = statOf(directory);
  if (parent === undefined)
    throw new LaunchError(`stderr: the directory ${directory} does not exist`, `run: mkdir -p '${directory}'`);
  if (!parent.isDirectory())
    throw new LaunchError(`stderr: ${directory} is not a directory`, "correct `stderr` in the definition");
  const stats = statOf(file);
  if (stats !== undefined && !stats.isFile() && file !== NOWHERE)
    throw new LaunchError(`stderr: ${file} is not a regular file`, "name another file, or say `stderr = true`");
}

/** Undefined when it is not there, or in a directory that may not be searched. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
