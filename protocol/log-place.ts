// A place in a log: a file, by its inode, and a byte of it. It outlives renames of the file, and daemons.
import { invalidParams } from "./errors.js";

export interface LogPlace {
  readonly ino: number;
  /** Offset in the file of the byte that comes next. */
  readonly byte: number;
}

/** Before everything a log will ever hold: the place in one that is not there yet. */
export const BEFORE_EVERYTHING: LogPlace = { ino: 0, byte: 0 };

/** A place as it is written in a message, where nobody but a daemon reads it. */
export function formatLogPlace({ ino, byte }: LogPlace): string {
  return `${ino}:${byte}`;
}

/** @throws HearthError `invalid-params` */
export function parseLogPlace(text: string): LogPlace {
  const [, ino, byte] = /^(\d{1,20}):(\d{1,15})$/.exec(text) ?? [];
  if (ino === undefined) throw invalidParams(`${JSON.stringify(text)} is not a place in a log, as an answer tells it`);
  return { ino: Number(ino), byte: Number(byte) };
}
