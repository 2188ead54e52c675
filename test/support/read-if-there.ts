// Reads files that may be gone just now, since somebody renames or replaces them.
import { readFileSync } from "node:fs";
import { hasCode } from "../../src/errno.js";

/** Empty when it is not there. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
}
