// Rotates a log while it is written to: copies it away, holds its writers still for the rest, and empties it.
import { type FileHandle, open, stat } from "node:fs/promises";
import { keepNewest } from "./backups.js";
import type { Log } from "./log.js";
import { Pieces, pieceLimits } from "./pieces.js";
import { RotationError } from "./rotation-error.js";
import { RotationRecord } from "./rotation-record.js";
import { wasEmptied } from "./settle.js";
import type { HoldStill, Stillness } from "./stillness.js";

/** What a log may come to. */
export interface LogLimits {
  /** A larger log is rotated, in bytes. */
  readonly maxBytes: number;
  /** Backups kept beside the current file; 0 keeps none. */
  readonly maxFiles: number;
}

export interface RotationOptions {
  readonly limits: LogLimits;
  readonly hold: HoldStill;
  /** Calls it off, as long as the log was not emptied. */
  readonly signal: AbortSignal;
  /** Finishes or undoes the rotation on record. Called at its end, in the turn in which the log may have been emptied. */
  readonly settle: () => Promise<unknown>;
}

/** So little is left to be copied while the writers are held still, unless they write faster than that. */
const TAIL_BYTES = 1024 * 1024;
/** So long the writers may be held; milliseconds. */
const PAUSE_AT_MOST_MS = 1_000;
/** So much is copied in one pause at most: a fraction of that time. */
const PAUSE_BYTES = 64 * 1024 * 1024;
/** Looks at a log that grows while it is copied; each round leaves less than the one before, or is the last. */
const MAX_ROUNDS = 16;
/** Copies of a tail that grows although everybody is held still. */
const MAX_TAILS = 3;

/** A rotation under way. */
interface Rotation {
  readonly log: Log;
  readonly record: RotationRecord;
  readonly source: FileHandle;
  readonly pieces: Pieces;
}

/**
 * Copies a log into backups and empties it; whoever has it open writes on in the same file. Rejects with the signal's
 * reason, with what `hold` rejects with, with a RotationError or the system's error: then it was undone, unless the
 * reason came after the log was emptied; then it was finished. When `settle` failed, it is to be called again.
 */
export async function rotateWritten(log: Log, options: RotationOptions): Promise<void> {
  const { limits, signal } = options;
  const source = await open(log.path, "r");
  try {
    const record = await RotationRecord.begin(log.path);
    const { directory } = record;
    const makeRoom = (pieces: number) => keepNewest(log.path, Math.max(0, limits.maxFiles - pieces));
    const pieces = new Pieces({ ...pieceLimits(limits), source, directory, makeRoom, signal });
    const rotation = { log, record, source, pieces };
    await copyMost(rotation);
    await log.take(() => emptyHeldStill(rotation, options));
  } finally {
    await source.close();
  }
}

async function copyMost({ record, source, pieces }: Rotation): Promise<void> {
  try {
    await catchUp(source, pieces);
  } catch (error) {
    await pieces.close();
    await record.remove();
    throw error;
  }
}

/** Copies until little is left, or until the writers prove to be faster. */
async function catchUp(source: FileHandle, pieces: Pieces): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { size } = await source.stat();
    const left = size - pieces.position;
    if (left <= TAIL_BYTES || left >= before) return;
    await pieces.skipTo(size);
    await pieces.copyTo(size);
    before = left;
  }
}

/** Nobody reads the log from here to the end: what they would find is there twice, or not at all. */
async function emptyHeldStill(rotation: Rotation, options: RotationOptions): Promise<void> {
  const { log, record, pieces } = rotation;
  try {
    // Writers that are faster than the copy are caught up with by holding them more than once.
    let left = Number.POSITIVE_INFINITY;
    while (left > 0) {
      const before = left;
      left = await pause(rotation, options);
      if (left >= before) throw new RotationError("outrun", "the log grows faster than it can be copied");
    }
  } finally {
    await pieces.close();
    await settleWithFollowers(log, record, options);
  }
}

/** Holds the writers still once. Resolves with the bytes that are still to be copied; with none when the log is emptied. */
async function pause(rotation: Rotation, { hold, signal }: RotationOptions): Promise<number> {
  signal.throwIfAborted();
  let work = Promise.resolve(0);
  try {
    await hold({
      atMostMs: PAUSE_AT_MOST_MS,
      record: (held) => rotation.record.addHeld(held),
      async work(stillness) {
        work = copyRestAndCut(rotation, stillness, signal);
        await work;
      },
    });
  } finally {
    // The pause may be over before its work is.
    await work.catch(() => {});
  }
  return work;
}

async function copyRestAndCut(
  { log, record, source, pieces }: Rotation,
  stillness: Stillness,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  await pieces.skipTo((await source.stat()).size);
  const enough = pieces.position + PAUSE_BYTES;
  for (let tail = 0; tail < MAX_TAILS; tail += 1) {
    const { size } = await source.stat();
    await pieces.copyTo(Math.min(size, enough));
    if (size > enough) return size - pieces.position;
    record.setBytes(size);
    if ((await source.stat()).size !== size) continue;
    await stillness.cut({ file: log.path, mark: record.mark });
    return 0;
  }
  throw new RotationError("still-written", "somebody writes to the log who is not held still");
}

async function settleWithFollowers(log: Log, record: RotationRecord, { settle }: RotationOptions): Promise<void> {
  try {
    if (await wasEmptied(log, record)) await moveFollowers(log, record);
  } finally {
    await settle();
  }
}

/** Once only: a follower that has gone on in the emptied log must not be sent back. */
async function moveFollowers(log: Log, record: RotationRecord): Promise<void> {
  const { ino } = await stat(log.path);
  await log.moveFollowers({ ino, pieces: await record.pieces() });
}
