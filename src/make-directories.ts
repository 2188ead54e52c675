// Makes a directory, with those above it that are missing.
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { hasCode } from "./errno.js";

/**
 * Does what `mkdirSync` does with `recursive`, but for a directory that says it does not know what is to be made in it, as
 * /proc and the root of an automounter do: there Node 20 tries again for ever.
 * @throws the system's error
 */
export function makeDirectories(directory: string, mode = 0o777): void {
  try {
    makeDirectory(directory, mode);
  } catch (error) {
    const parent = dirname(directory);
    if (!hasCode(error, "ENOENT") || parent === directory) throw error;
    if (!existsSync(parent)) makeDirectories(parent, mode);
    makeDirectory(directory, mode);
  }
}

function makeDirectory(directory: string, mode: number): void {
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    if (!hasCode(error, "EEXIST") || !statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
