// The backups of a log: NAME.log.1 is the newest, and each gets a higher number when another comes.
import { readdirSync, statSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { unlessMissing } from "../errno.js";

/**
 * Mode of a backup that was copied out of a log while its session went on. Being read-only is what tells it, also to a
 * later daemon, from a backup that ended with its session: the next file goes on in the middle of its last line.
 */
export const COPIED_MODE = 0o400;

const WRITABLE = 0o222;

/** Tells by a file's mode whether the next file goes on in the middle of its last line. */
export function isContinued(mode: number): boolean {
  return (mode & WRITABLE) === 0;
}

/** Path of a backup of a log; 1 is the newest. */
export function backupPath(log: string, number: number): string {
  return `${log}.${number}`;
}

/**
 * Makes a file (the log itself, or a copy of what it held) the newest backup, and keeps `maxFiles` in all. A death in
 * between loses nothing: at worst a number is left out, which the next backup fills. Rejects with the system's error.
 */
export async function addBackup(log: string, file: string, { maxFiles }: { readonly maxFiles: number }): Promise<void> {
  await keepNewest(log, Math.max(0, maxFiles - 1));
  if (maxFiles === 0) return rm(file);
  const numbers = numbersIn(await readdir(dirname(log)), log);
  // Up to the first number that is free, the oldest first: what lies beyond it has moved already.
  for (let number = firstFree(numbers) - 1; number > 0; number -= 1) {
    await rename(backupPath(log, number), backupPath(log, number + 1));
  }
  await rename(file, backupPath(log, 1));
}

/** Paths of the backups of a log, the newest first. Rejects with the system's error. */
export async function backupPaths(log: string): Promise<string[]> {
  const numbers = numbersIn((await unlessMissing(readdir(dirname(log)))) ?? [], log);
  return numbers.map((number) => backupPath(log, number));
}

/** Removes all but the newest `count` backups, the oldest first. Rejects with the system's error. */
export async function keepNewest(log: string, count: number): Promise<void> {
  for (const path of (await backupPaths(log)).slice(count).reverse()) await rm(path);
}

/** A file with a name of the log, whoever it was a moment ago. */
export interface NamedFile {
  readonly path: string;
  readonly ino: number;
}

/**
 * The file that goes on where another ends, after whatever renames: the next younger backup, else the log itself; null
 * when there is none. A backup that was rotated out meanwhile is followed by the oldest there is.
 *
 * It looks synchronously, so that no rename of this process comes between two looks. Throws the system's error.
 */
export function successorOf(
  log: string,
  { ino, isBackup }: { readonly ino: number; readonly isBackup: boolean },
): NamedFile | null {
  const backups = numbersIn(readdirSync(dirname(log)), log).map((number) => namedFile(backupPath(log, number)));
  const at = backups.findIndex((backup) => backup?.ino === ino);
  const younger = at === -1 && isBackup ? backups : backups.slice(0, Math.max(0, at));
  return younger.at(-1) ?? namedFile(log);
}

function namedFile(path: string): NamedFile | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : { path, ino: stats.ino };
}

/** The newest first. */
function numbersIn(names: readonly string[], log: string): number[] {
  const prefix = `${basename(log)}.`;
  const endings = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return endings
    .filter((ending) => /^[1-9]\d{0,8}$/.test(ending))
    .map(Number)
    .sort((a, b) => a - b);
}

function firstFree(numbers: readonly number[]): number {
  let free = 1;
  while (numbers.includes(free)) free += 1;
  return free;
}
