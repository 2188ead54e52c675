// The names of the daemon's log files: `daemon.log` is always the current one, `daemon.log.1` its newest backup.
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, parse } from "node:path";
import { hasCode } from "../errno.js";
import { stamp } from "../storage/recovery.js";

/** Read, write and create for the owner only: logs quote what agents do. */
export const LOG_MODE = 0o600;

const NEWLINE = 0x0a;
const TAIL_CHUNK_BYTES = 64 * 1024;

/**
 * Renames what stands in the place of a log and can't be one: opening a pipe would wait for its reader. `/dev/null` may stay.
 * Returns the new name, null when nothing had to go.
 */
export function keepAside(file: string, at: Date): string | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile() || stats.isCharacterDevice()) return null;
  const keptAs = `${file}.bad-${stamp(at)}`;
  renameSync(file, keptAs);
  return keptAs;
}

/** Makes every backup one older, so that `file` is free and at most `maxFiles` backups remain. */
export function shiftBackups(file: string, maxFiles: number): void {
  const backups = backupNumbers(file);
  for (const number of backups.filter((number) => number >= maxFiles)) rmSync(`${file}.${number}`, { force: true });
  for (const number of backups.filter((number) => number < maxFiles)) {
    renameSync(`${file}.${number}`, `${file}.${number + 1}`);
  }
  if (maxFiles === 0) rmSync(file, { force: true });
  else renameIfAny(file, `${file}.1`);
}

/**
 * Gives the current file, which is made if need be, a second name for the library to open. Until it has, the current file
 * may be shifted away under its stable name, and what is written still goes to the right one.
 */
export function addOpeningName(file: string, openingName: string): void {
  closeSync(openSync(file, "a", LOG_MODE));
  linkSync(file, openingName);
}

/** The name under which the library opens its first file; it puts a number before the extension for those that follow. */
export function firstOpeningName(file: string): string {
  const { dir, name, ext } = parse(file);
  return join(dir, `${name}.opening${ext}`);
}

/** Removes opening names that a crash left: each is a second name of a file that has its own. */
export function removeOpeningNames(file: string): void {
  const { dir, name, ext } = parse(firstOpeningName(file));
  rmSync(firstOpeningName(file), { force: true });
  for (const number of numbersBetween(dir, `${name}.`, ext)) rmSync(join(dir, `${name}.${number}${ext}`));
}

/** Cuts a last line that a crash or a full disk tore, so that every line of the file is a whole one. */
export function cutTornLine(file: string): void {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, "r+");
  try {
    const { size } = fstatSync(descriptor);
    const end = endOfLastLine(descriptor, size);
    if (end < size) ftruncateSync(descriptor, end);
  } finally {
    closeSync(descriptor);
  }
}

/** Size in bytes, 0 when there is no such file. */
export function fileSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function endOfLastLine(descriptor: number, size: number): number {
  const chunk = Buffer.alloc(Math.min(size, TAIL_CHUNK_BYTES));
  for (let end = size; end > 0; end -= chunk.length) {
    const start = Math.max(0, end - chunk.length);
    const length = readSync(descriptor, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, length).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
  }
  return 0;
}

/** Highest first, so that renaming each to the next never replaces another. */
function backupNumbers(file: string): number[] {
  return numbersBetween(dirname(file), `${basename(file)}.`, "").sort((a, b) => b - a);
}

/** The numbers that stand between prefix and suffix in the names of a directory; none when it does not exist. */
function numbersBetween(directory: string, prefix: string, suffix: string): number[] {
  return readdirIfAny(directory)
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .map((name) => name.slice(prefix.length, name.length - suffix.length))
    .filter((digits) => /^[1-9][0-9]{0,8}$/.test(digits))
    .map(Number);
}

function renameIfAny(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

function readdirIfAny(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
