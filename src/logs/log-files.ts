// The files of a log, the oldest first, and where in them a reader begins.
import { stat } from "node:fs/promises";
import type { LogPlace } from "../../protocol/log-place.js";
import { unlessMissing } from "../errno.js";
import { backupPaths, isContinued } from "./backups.js";
import type { Milestone } from "./milestones.js";

export interface LogFile {
  readonly path: string;
  readonly ino: number;
  /** In bytes. */
  readonly size: number;
  /** When it was last written to, or copied, in unix milliseconds: nothing in it is younger. */
  readonly writtenMs: number;
  readonly isBackup: boolean;
  /** Whether the next file goes on in the middle of its last line. */
  readonly isContinued: boolean;
}

/** File systems tell when a file was written to with a clock as coarse as this. */
const COARSEST_MS = 2_000;

/** A byte of a file; `file` is its index. */
export interface Start {
  readonly file: number;
  readonly byte: number;
}

/** The files there are. To be called in a turn of the log. Rejects with the system's error. */
export async function logFiles(log: string): Promise<LogFile[]> {
  const backups = (await backupPaths(log)).reverse();
  const files = await Promise.all([
    ...backups.map((path) => lookAt(path, { isBackup: true })),
    lookAt(log, { isBackup: false }),
  ]);
  return files.filter((file) => file !== null);
}

async function lookAt(path: string, { isBackup }: { readonly isBackup: boolean }): Promise<LogFile | null> {
  const stats = await unlessMissing(stat(path));
  if (stats === null) return null;
  const { ino, size, mtimeMs, mode } = stats;
  return { path, ino, size, writtenMs: mtimeMs, isBackup, isContinued: isBackup && isContinued(mode) };
}

/**
 * Where a reader goes on that has come to a place; in the oldest file, if that place is in none of them: it was in one that
 * is older still, or there was none.
 */
export function startAfter(files: readonly LogFile[], { ino, byte }: LogPlace): Start {
  const file = files.findIndex((each) => each.ino === ino);
  const found = files[file];
  if (found === undefined) return { file: 0, byte: 0 };
  if (byte <= found.size) return { file, byte };
  // It was emptied while it was written to, and what it held was copied to the same place of a backup.
  const copy = files[file - 1];
  return copy?.isContinued && byte <= copy.size ? { file: file - 1, byte } : { file, byte: 0 };
}

/** Where to begin, and since when what is there was written, in unix milliseconds; null: nobody knows. */
export interface StartSince extends Start {
  readonly fromMs: number | null;
}

/** As late as nothing is left out that was written since a moment: what lies before was written before it, as is known. */
export function startSince(
  files: readonly LogFile[],
  { sinceMs, milestone }: { readonly sinceMs: number; readonly milestone: Milestone | null },
): StartSince {
  const byFile = afterFilesOf(files, sinceMs);
  const byMilestone = milestone === null ? null : startAtMilestone(files, milestone);
  return byMilestone !== null && isLater(byMilestone, byFile) ? byMilestone : byFile;
}

function afterFilesOf(files: readonly LogFile[], sinceMs: number): StartSince {
  const old = files.findLastIndex(({ writtenMs }) => writtenMs < sinceMs - COARSEST_MS);
  const last = files[old];
  if (last === undefined) return { file: 0, byte: 0, fromMs: null };
  const next = files[old + 1];
  if (next === undefined) return { file: old, byte: last.size, fromMs: last.writtenMs };
  // Of one rotation there can be several copies, made after all that is in them had been written.
  const areCopies = last.isContinued && next.isContinued;
  return { file: old + 1, byte: 0, fromMs: areCopies ? null : last.writtenMs };
}

/** Null when what it stands for is no longer there. */
function startAtMilestone(files: readonly LogFile[], { at, byte }: Milestone): StartSince | null {
  let end = 0;
  for (let file = files.length - 1; file >= 0; file--) {
    const { size = 0, isBackup = false } = files[file] ?? {};
    const begin = isBackup ? end - size : 0;
    if (byte >= begin) return { file, byte: Math.min(byte - begin, size), fromMs: at };
    end = begin;
  }
  return null;
}

/** At the same place, that about which more is known. */
function isLater(a: StartSince, b: StartSince): boolean {
  if (a.file !== b.file) return a.file > b.file;
  if (a.byte !== b.byte) return a.byte > b.byte;
  return (a.fromMs ?? 0) > (b.fromMs ?? 0);
}
