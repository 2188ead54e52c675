// The journal's checkpoint, state.json: every live record up to one line of the journal.
import { writeFileAtomic } from "./atomic-file.js";
import { decodeSnapshot, encodeSnapshot, type KeyedValue, type Snapshot } from "./record-format.js";
import { readStateFile, type Unreadable } from "./state-file.js";

/** What stands at the checkpoint's path: a snapshot, nothing, or something that is none. */
export type FoundCheckpoint = Snapshot | Unreadable | null;

/** Reads a checkpoint without touching it. Throws NewerStateError, or the system's error when nothing can be read now. */
export async function readCheckpoint(path: string): Promise<FoundCheckpoint> {
  const content = await readStateFile(path);
  return Buffer.isBuffer(content) ? decodeSnapshot(content, path) : content;
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
