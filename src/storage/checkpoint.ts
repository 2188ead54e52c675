// The journal's checkpoint, state.json: every live record up to one line of the journal.
import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "./atomic-file.js";
import { decodeSnapshot, encodeSnapshot, type KeyedValue, type Snapshot } from "./record-format.js";

/** What stands at the checkpoint's path: a snapshot, nothing, or something that is none. */
export type FoundCheckpoint = Snapshot | { readonly unreadable: string } | null;

/** Reads a checkpoint without touching it. Throws NewerStateError or the system's error (EACCES, EIO ...). */
export async function readCheckpoint(path: string): Promise<FoundCheckpoint> {
  try {
    return decodeSnapshot(await readFile(path), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * Writes a checkpoint. The records are taken before this returns its promise, so what is put meanwhile belongs to the
 * journal. Resolves with its size in bytes once it is on disk; rejects with the system's error, the old one in place.
 */
export async function writeCheckpoint(path: string, through: number, records: Iterable<KeyedValue>): Promise<number> {
  const content = Buffer.from(encodeSnapshot(through, records));
  await writeFileAtomic(path, content, { mode: 0o600 });
  return content.length;
}
