// A page of a log: as much as is read at once by somebody who reads all of it, forwards and through its backups.
import { BEFORE_EVERYTHING, type LogPlace } from "../../protocol/log-place.js";
import { unlessMissing } from "../errno.js";
import { decodeText, fromWholeCharacter, MAX_LINE_BYTES, unfinishedCharacterBytes } from "./lines.js";
import type { LogFile, Start } from "./log-files.js";
import { openLog } from "./open-log.js";
import { readAt } from "./read-at.js";

export interface Page {
  /** Whole lines, without their newlines; one that is very long comes in pieces. */
  readonly lines: readonly string[];
  /** What stands behind them, when there is nothing more: the beginning of a line that comes. Null when nothing does. */
  readonly unfinished: string | null;
  /** Where the next page begins: behind the lines, before what is unfinished. */
  readonly end: LogPlace;
  /** Whether there was more when it was read. */
  readonly more: boolean;
}

const NEWLINE = 0x0a;

/**
 * Reads whole lines from a byte on, about `maxBytes` of them. To be called in a turn of the log, with its files as they
 * are. Rejects as `openLog` does.
 */
export async function readPage(
  files: readonly LogFile[],
  start: Start,
  { maxBytes }: { readonly maxBytes: number },
): Promise<Page> {
  const stretches = await readStretches(files, start, maxBytes);
  const more = stretches.length < files.length - start.file || stretches.at(-1)?.isAtEnd === false;
  const bytes = Buffer.concat(stretches.flatMap(joinable));
  const cut = bytes.lastIndexOf(NEWLINE) + 1;
  const end = (offset: number): LogPlace => placeAt(stretches, offset);
  if (cut > 0 || !more) {
    const lines = cut === 0 ? [] : decodeText(bytes.subarray(0, cut - 1)).split("\n");
    const unfinished = more || cut === bytes.length ? null : decodeText(bytes.subarray(cut));
    return { lines, unfinished, end: end(cut), more };
  }
  if (maxBytes < MAX_LINE_BYTES) return readPage(files, start, { maxBytes: MAX_LINE_BYTES });
  const whole = bytes.length - unfinishedCharacterBytes(bytes);
  return { lines: [decodeText(bytes.subarray(0, whole))], unfinished: null, end: end(whole), more };
}

/**
 * Where the line begins in which `start` lies, be it in an older file: a line is written when its end is. Of one that is
 * longer than `maxBytes`, a piece. Rejects as `openLog` does.
 */
export async function atLineStart(
  files: readonly LogFile[],
  start: Start,
  { maxBytes }: { readonly maxBytes: number } = { maxBytes: MAX_LINE_BYTES },
): Promise<Start> {
  const file = files[start.file];
  if (file === undefined) return start;
  const fromByte = Math.max(0, start.byte - maxBytes);
  const bytes = await readFrom(file.path, { fromByte, length: start.byte - fromByte });
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline !== -1) return { file: start.file, byte: fromByte + newline + 1 };
  if (fromByte > 0) return { file: start.file, byte: fromByte + bytes.length - fromWholeCharacter(bytes).length };
  const older = files[start.file - 1];
  if (older === undefined || !older.isContinued) return { file: start.file, byte: 0 };
  return atLineStart(files, { file: start.file - 1, byte: older.size }, { maxBytes: maxBytes - bytes.length });
}

/** What was read of one file. */
interface Stretch {
  readonly file: LogFile;
  readonly fromByte: number;
  readonly bytes: Buffer;
  readonly isAtEnd: boolean;
  /** The file ended in the middle of a line, which nothing continues. */
  readonly breaksOff: boolean;
}

async function readStretches(files: readonly LogFile[], start: Start, maxBytes: number): Promise<Stretch[]> {
  const stretches: Stretch[] = [];
  let left = maxBytes;
  for (const [index, file] of files.entries()) {
    if (index < start.file || left <= 0) continue;
    const fromByte = index === start.file ? start.byte : 0;
    const bytes = await readFrom(file.path, { fromByte, length: Math.min(left, Math.max(0, file.size - fromByte)) });
    // One that was cut or removed meanwhile has nothing more.
    const isAtEnd = bytes.length === 0 || fromByte + bytes.length >= file.size;
    const breaksOff = isAtEnd && endsOpen(bytes) && file.isBackup && !file.isContinued;
    stretches.push({ file, fromByte, bytes, isAtEnd, breaksOff });
    left = isAtEnd ? left - bytes.length : 0;
  }
  return stretches;
}

function endsOpen(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.at(-1) !== NEWLINE;
}

async function readFrom(
  path: string,
  { fromByte, length }: { readonly fromByte: number; readonly length: number },
): Promise<Buffer> {
  const file = await unlessMissing(openLog(path));
  if (file === null) return Buffer.alloc(0);
  try {
    return await readAt(file, fromByte, length);
  } finally {
    await file.close();
  }
}

/** Whatever follows a line that broke off is no part of it. */
function joinable({ bytes, breaksOff }: Stretch): Buffer[] {
  return breaksOff ? [bytes, Buffer.of(NEWLINE)] : [bytes];
}

/** The place of what stands at an offset of everything that was read. */
function placeAt(stretches: readonly Stretch[], offset: number): LogPlace {
  let left = offset;
  let place = BEFORE_EVERYTHING;
  for (const { file, fromByte, bytes, breaksOff } of stretches) {
    place = { ino: file.ino, byte: fromByte + Math.min(left, bytes.length) };
    const length = bytes.length + (breaksOff ? 1 : 0);
    if (left <= length) return place;
    left -= length;
  }
  return place;
}
