// The last lines of a log, read from its end in blocks, never the whole file.
import { type FileHandle, open } from "node:fs/promises";
import { backupPath } from "./agent-log.js";
import { decodeText, fromWholeCharacter } from "./lines.js";

export interface TailOptions {
  /** Lines wanted at most, an unfinished one counted. */
  readonly maxLines: number;
  /** Bytes read at most, whatever the lines; default 1 MiB. A line that is cut by it is given from where it is cut. */
  readonly maxBytes?: number;
}

export interface Tail {
  /** Whole lines, without their newlines, the oldest first. */
  readonly lines: readonly string[];
  /** What stands after the last newline; null when the file ends with one. */
  readonly unfinished: string | null;
  /** Offset in the current file after its last newline: `followFile` from here repeats nothing but the unfinished line, and misses nothing. */
  readonly endByte: number;
}

/**
 * Reads the last lines of a log, going on in its backups (`NAME.log.1` ...) while there are too few. A missing file has
 * no lines. The end of a backup ends a line, whether or not it has a newline. Rejects with the system's error.
 */
export async function tailFile(path: string, options: TailOptions): Promise<Tail> {
  const current = (await readEnd(path, options.maxLines, options.maxBytes ?? DEFAULT_MAX_BYTES)) ?? NOTHING;
  let missing = options.maxLines - current.lines.length - (current.unfinished === null ? 0 : 1);
  let bytesLeft = (options.maxBytes ?? DEFAULT_MAX_BYTES) - current.bytesRead;
  let lines = current.lines;
  for (let number = 1; missing > 0 && bytesLeft > 0; number += 1) {
    const backup = await readEnd(backupPath(path, number), missing, bytesLeft);
    if (backup === null) break;
    const older = backup.unfinished === null ? backup.lines : [...backup.lines, backup.unfinished];
    lines = [...older, ...lines];
    missing -= older.length;
    bytesLeft -= backup.bytesRead;
  }
  return { lines, unfinished: current.unfinished, endByte: current.endByte };
}

interface FileEnd extends Tail {
  readonly bytesRead: number;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const NOTHING: FileEnd = { lines: [], unfinished: null, endByte: 0, bytesRead: 0 };

async function readEnd(path: string, maxLines: number, maxBytes: number): Promise<FileEnd | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const bytes = await readBack(file, { size, maxLines, maxBytes });
    return { ...splitEnd(bytes, { size, maxLines }), bytesRead: bytes.length };
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Reads blocks from the end until they hold enough lines. */
async function readBack(
  file: FileHandle,
  { size, maxLines, maxBytes }: { readonly size: number; readonly maxLines: number; readonly maxBytes: number },
): Promise<Buffer> {
  const stop = Math.max(0, size - maxBytes);
  const blocks: Buffer[] = [];
  let newlines = 0;
  let start = size;
  // The newline before the first wanted line is one more than there are lines.
  while (start > stop && newlines <= maxLines) {
    const blockStart = Math.max(stop, start - BLOCK_BYTES);
    const block = await readBlock(file, blockStart, start - blockStart);
    blocks.unshift(block);
    newlines += countNewlines(block);
    start = blockStart;
  }
  const bytes = Buffer.concat(blocks);
  return start === 0 ? bytes : fromWholeCharacter(bytes);
}

async function readBlock(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function splitEnd(bytes: Buffer, { size, maxLines }: { readonly size: number; readonly maxLines: number }): Tail {
  const lines = decodeText(bytes).split("\n");
  const unfinished = lines.pop() || null;
  const wanted = unfinished === null ? maxLines : maxLines - 1;
  const endByte = size - (bytes.length - (bytes.lastIndexOf(NEWLINE) + 1));
  return { lines: wanted > 0 ? lines.slice(-wanted) : [], unfinished, endByte };
}
