// Patterns for files that are watched: paths in which `*` stands for part of a name and `**` for any directories.
import { invalidParams } from "./errors.js";

/** What other programs take for patterns; read as plain characters it would match nothing, without a word. */
const FOREIGN = /[{}!?[\]]/;

/**
 * Refuses what would silently match nothing.
 * @throws HearthError `invalid-params` that says how it is written.
 */
export function parseWatchPattern(text: string): string {
  if (text === "" || text.includes("\0")) throw invalidParams("must be a path, or a pattern for paths");
  const [foreign] = FOREIGN.exec(text) ?? [];
  if (foreign === undefined) return text;
  throw invalidParams(`"${foreign}" has no meaning here: only * and ** have, so write two patterns instead of one`);
}
