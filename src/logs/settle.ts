// Decides what becomes of a rotation that is not under way any more: finished if its log was emptied, else undone.
import { type FileHandle, open } from "node:fs/promises";
import { addBackup } from "./backups.js";
import type { Log } from "./log.js";
import { readAt } from "./read-at.js";
import type { Piece, RotationRecord } from "./rotation-record.js";

/** So much of a copy is compared with what the log holds in its place. */
const COMPARED_BYTES = 64 * 1024;

/**
 * Makes the pieces of an emptied log its newest backups, or removes them when it was not emptied; tells which. To be
 * called in a turn of the log, when nobody empties it any more. Whoever dies in the middle, the next to call it does the
 * rest: nothing is lost or doubled. Rejects with the system's error; then it is to be called again.
 */
export async function settle(
  log: Log,
  record: RotationRecord,
  { maxFiles }: { readonly maxFiles: number },
): Promise<boolean> {
  const emptied = await wasEmptied(log, record);
  if (emptied) {
    for (const { path } of await record.pieces()) await addBackup(log.path, path, { maxFiles });
  }
  await record.remove();
  return emptied;
}

/**
 * Whether a log was emptied for the rotation on record, whose mark is set if so: the answer stays the same, however much
 * is written afterwards. Rejects with the system's error.
 *
 * Whoever emptied it may have died before setting the mark. While the writers are still held the file is shorter than
 * its copy then; if they have gone on, it may be as long again, but it is not the same.
 */
export async function wasEmptied(log: Log, record: RotationRecord): Promise<boolean> {
  if (record.bytes === null) return false;
  if (await record.isMarked()) return true;
  const emptied = (await log.size()) < record.bytes || (await differs(log, (await record.pieces()).at(-1)));
  if (emptied) await record.setMark();
  return emptied;
}

/** Whether a log holds something else than the end of its copy in the same place. */
async function differs(log: Log, copy: Piece | undefined): Promise<boolean> {
  if (copy === undefined) return false;
  const end = await reading(copy.path, async (file) => {
    const { size } = await file.stat();
    const fromByte = Math.max(0, size - COMPARED_BYTES);
    return { bytes: await readAt(file, fromByte, size - fromByte), fromByte };
  });
  const same = await reading(log.path, (file) => readAt(file, copy.fromByte + end.fromByte, end.bytes.length));
  return !same.equals(end.bytes);
}

async function reading<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, "r");
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}
