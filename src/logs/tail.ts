// The last lines of a log, read from its end in blocks, never the whole file.
import { type FileHandle, stat } from "node:fs/promises";
import { unlessMissing } from "../errno.js";
import { backupPaths, isContinued } from "./backups.js";
import { decodeText, fromWholeCharacter } from "./lines.js";
import { openLog } from "./open-log.js";
import { readAt } from "./read-at.js";

export interface TailOptions {
  /** Lines wanted at most, an unfinished one counted. */
  readonly maxLines: number;
  /** Bytes read at most, whatever the lines; default 1 MiB. A line that is cut by it is given from where it is cut. */
  readonly maxBytes?: number;
  /** Where the current file is taken to end; by default where it does. */
  readonly endByte?: number;
}

export interface Tail {
  /** Whole lines, without their newlines, the oldest first. */
  readonly lines: readonly string[];
  /** What stands after the last newline: the beginning of the line that comes. */
  readonly unfinished: Buffer;
  /** End of what was read of the current file: whoever reads on from here repeats nothing, and misses nothing. */
  readonly endByte: number;
  /** The current file; null when there is none. */
  readonly ino: number | null;
}

/**
 * Reads the last lines of a log, going on in its backups (`NAME.log.1` ...) while there are too few. A missing file has
 * no lines. The end of a backup ends a line, whether or not it has a newline, unless the session went on after it.
 * Rejects as `openLog` does.
 */
export async function tailFile(path: string, options: TailOptions): Promise<Tail> {
  while (true) {
    const tail = await readTail(path, options);
    const ino = (await unlessMissing(stat(path)))?.ino ?? null;
    // Otherwise it was renamed meanwhile, and a backup may have been read twice or not at all.
    if (ino === tail.ino) return tail;
  }
}

/** The end of one file. */
interface FileEnd {
  readonly bytes: Buffer;
  readonly end: number;
  readonly ino: number | null;
  readonly isContinued: boolean;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const NOTHING: FileEnd = { bytes: Buffer.alloc(0), end: 0, ino: null, isContinued: false };

async function readTail(path: string, options: TailOptions): Promise<Tail> {
  const { maxLines, maxBytes = DEFAULT_MAX_BYTES, endByte } = options;
  const current = (await readEnd(path, { maxLines, maxBytes, endByte })) ?? NOTHING;
  const parts = [current.bytes];
  let newlines = countNewlines(current.bytes);
  let bytesLeft = maxBytes - current.bytes.length;
  for (const older of await backupPaths(path)) {
    if (newlines > maxLines || bytesLeft <= 0) break;
    const backup = await readEnd(older, { maxLines: maxLines - newlines, maxBytes: bytesLeft });
    if (backup === null) break;
    const part = endsInALine(backup) ? backup.bytes : Buffer.concat([backup.bytes, Buffer.of(NEWLINE)]);
    parts.unshift(part);
    newlines += countNewlines(part);
    bytesLeft -= backup.bytes.length;
  }
  return { ...splitEnd(Buffer.concat(parts), maxLines), endByte: current.end, ino: current.ino };
}

/** Whether what follows a backup may be put right behind it. */
function endsInALine({ bytes, isContinued }: FileEnd): boolean {
  return isContinued || bytes.length === 0 || bytes.at(-1) === NEWLINE;
}

interface Bounds {
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly endByte?: number | undefined;
}

async function readEnd(path: string, bounds: Bounds): Promise<FileEnd | null> {
  const file = await unlessMissing(openLog(path));
  if (file === null) return null;
  try {
    const { size, ino, mode } = await file.stat();
    const end = Math.min(size, bounds.endByte ?? size);
    return { bytes: await readBack(file, end, bounds), end, ino, isContinued: isContinued(mode) };
  } finally {
    await file.close();
  }
}

/** Reads blocks from the end until they hold enough lines. */
async function readBack(file: FileHandle, end: number, { maxLines, maxBytes }: Bounds): Promise<Buffer> {
  const stop = Math.max(0, end - maxBytes);
  const blocks: Buffer[] = [];
  let newlines = 0;
  let start = end;
  // The newline before the first wanted line is one more than there are lines.
  while (start > stop && newlines <= maxLines) {
    const blockStart = Math.max(stop, start - BLOCK_BYTES);
    const block = await readAt(file, blockStart, start - blockStart);
    blocks.unshift(block);
    newlines += countNewlines(block);
    start = blockStart;
  }
  const bytes = Buffer.concat(blocks);
  return start === 0 ? bytes : fromWholeCharacter(bytes);
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function splitEnd(bytes: Buffer, maxLines: number): Pick<Tail, "lines" | "unfinished"> {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  const unfinished = bytes.subarray(end);
  const lines = end === 0 ? [] : decodeText(bytes.subarray(0, end - 1)).split("\n");
  const wanted = unfinished.length === 0 ? maxLines : maxLines - 1;
  return { lines: wanted > 0 ? lines.slice(-wanted) : [], unfinished };
}
