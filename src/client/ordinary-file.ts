// Reads a small file that may be anything: a pipe would keep its reader waiting for ever.
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { hasCode } from "../errno.js";

/** A file that is larger is none that Hearth or systemd wrote. */
const MAX_BYTES = 1_048_576;

/** The text, or why there is none; `isMissing` when nothing has this name. */
export type Read = { readonly text: string } | { readonly why: string; readonly isMissing: boolean };

/** Never throws, and never waits. */
export function readOrdinaryFile(path: string): Read {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { why: "it is not a file", isMissing: false };
    if (stats.size > MAX_BYTES) return { why: "it is too large", isMissing: false };
    return { text: readFileSync(descriptor, "utf8") };
  } catch (error) {
    return {
      why: error instanceof Error ? error.message : String(error),
      isMissing: hasCode(error, "ENOENT", "ENOTDIR"),
    };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
