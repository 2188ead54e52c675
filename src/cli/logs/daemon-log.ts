// The daemon's own log, read from its files: it is wanted most when no daemon is there to ask.
import { type FileHandle, open, readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { formatLogPlace, type LogPlace } from "../../../protocol/log-place.js";
import { unlessMissing } from "../../errno.js";
import { daemonLogText, readEntry } from "../render/logs.js";
import type { LineFilter } from "./line-filter.js";
import { blocksOf, linesBackwards, linesOf } from "./log-file.js";
import { matches } from "./pattern.js";

/** The worst first. */
export const LEVELS = ["error", "warn", "info", "debug"] as const;

export type Level = (typeof LEVELS)[number];

export interface DaemonLogFilter extends LineFilter {
  /** Only entries of this level and of those that are worse; null: everything. */
  readonly level: Level | null;
}

/** An open file of the log, as long as it was when it was opened. */
interface OpenFile {
  readonly handle: FileHandle;
  readonly ino: number;
  readonly size: number;
}

/**
 * Hands on the lines that are wanted, the oldest first, in batches. Resolves with where to go on in what is written then:
 * the beginning of a line without end, which is handed on only if `isFollowed` is false. Rejects with the system's error.
 */
export async function readDaemonLog(
  path: string,
  filter: DaemonLogFilter & { readonly isFollowed: boolean },
  print: (lines: readonly string[]) => void,
): Promise<string> {
  const files = await openFiles(path);
  try {
    const start = await findStart(files, filter);
    let end: LogPlace = { ino: 0, byte: 0 };
    for (const [index, file] of files.entries()) {
      if (index < start.file) continue;
      const fromByte = index === start.file ? start.byte : 0;
      const isGrowing = filter.isFollowed && index === files.length - 1;
      const byte = await linesOf(blocksOf(file, fromByte), { isGrowing }, (lines) =>
        print(lines.filter((line) => isWanted(line, filter))),
      );
      end = { ino: file.ino, byte: fromByte + byte };
    }
    return formatLogPlace(end);
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

/** Whether a line is one of those that are wanted, of which the last are counted. */
export function isWanted(line: string, { level, sinceMs, pattern }: DaemonLogFilter): boolean {
  if (level === null && sinceMs === null && pattern === null) return true;
  const entry = readEntry(line);
  if (level !== null && (entry === null || !isAsBad(entry.level, level))) return false;
  if (sinceMs !== null && entry !== null && Date.parse(entry.at) < sinceMs) return false;
  return pattern === null || matches(pattern, daemonLogText(line));
}

function isAsBad(level: string, atLeast: Level): boolean {
  const wanted: readonly string[] = LEVELS.slice(0, LEVELS.indexOf(atLeast) + 1);
  return wanted.includes(level);
}

/** The oldest first. The newest is opened first, and one that is renamed meanwhile is read once. */
async function openFiles(path: string): Promise<OpenFile[]> {
  const files: OpenFile[] = [];
  for (const each of [path, ...(await backupsOf(path))]) {
    const file = await unlessMissing(openFile(each));
    if (file === null) continue;
    if (files.some(({ ino }) => ino === file.ino)) await file.handle.close();
    else files.push(file);
  }
  return files.reverse();
}

/** The newest first: `daemon.log.1` and so on, of which one may be missing. */
async function backupsOf(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  const names = (await unlessMissing(readdir(dirname(path)))) ?? [];
  const numbers = names.flatMap((name) => (name.startsWith(prefix) ? [Number(name.slice(prefix.length))] : []));
  return numbers
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a - b)
    .map((number) => `${path}.${number}`);
}

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, "r");
  const { ino, size } = await handle.stat();
  return { handle, ino, size };
}

interface Start {
  readonly file: number;
  readonly byte: number;
}

/** Where the first line begins that is to be shown: looked for from the end, since a log may be large. */
async function findStart(files: readonly OpenFile[], filter: DaemonLogFilter): Promise<Start> {
  let start: Start = { file: files.length - 1, byte: files.at(-1)?.size ?? 0 };
  let left = filter.lines ?? Number.POSITIVE_INFINITY;
  for (const [file, each] of [...files.entries()].reverse()) {
    for await (const { text, byte } of linesBackwards(each)) {
      if (left === 0 || isTooOld(text, filter)) return start;
      if (!isWanted(text, filter)) continue;
      start = { file, byte };
      left -= 1;
    }
  }
  return start;
}

function isTooOld(line: string, { sinceMs }: DaemonLogFilter): boolean {
  return sinceMs !== null && Date.parse(readEntry(line)?.at ?? "") < sinceMs;
}
