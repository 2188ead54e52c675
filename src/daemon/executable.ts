// The program file this daemon runs from, and whether it has been replaced since.
import { realpathSync, statSync } from "node:fs";

export interface Executable {
  readonly path: string;
  /** True when the file on disk is not the one that was started. */
  isReplaced(): boolean;
}

export function ownExecutable(path: string): Executable {
  const file = realpathSync(path);
  const atStart = fingerprint(file);
  return { path: file, isReplaced: () => fingerprint(file) !== atStart };
}

/** A build writes a new file or changes its time; a missing one (in the middle of a build) counts as unchanged no more. */
function fingerprint(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? "missing" : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}
