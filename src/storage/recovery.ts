// Opens what an earlier daemon left in a home: reads it all first, then sets aside what cannot be read.
import { readdirSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { isTemporaryOf, writeFileAtomic } from "./atomic-file.js";
import { type FoundCheckpoint, readCheckpoint } from "./checkpoint.js";
import { readJournal } from "./journal.js";
import type { JournalContent } from "./record-format.js";
import { RecordTable } from "./record-table.js";
import type { KeptAside } from "./store.js";

/** The two files of a store. */
export interface StateFiles {
  readonly journal: string;
  readonly checkpoint: string;
}

/** What was found, replayed. */
export interface RecoveredState {
  readonly table: RecordTable;
  /** The last sequence number used. */
  readonly seq: number;
  /** Null when there is no journal yet. */
  readonly journal: JournalContent | null;
  readonly keptAside: readonly KeptAside[];
}

/** Names of the files of a store in a directory. */
export function stateFiles(directory: string): StateFiles {
  return { journal: join(directory, "journal.ndjson"), checkpoint: join(directory, "state.json") };
}

/**
 * Reads checkpoint and journal, and replays them. What cannot be read is kept aside under a name with the time `at`.
 * Throws NewerStateError, or the system's error when a file is there but cannot be opened: then nothing was touched,
 * since starting without a state that exists would start every agent twice.
 */
export async function recoverState(files: StateFiles, at: Date): Promise<RecoveredState> {
  const checkpoint = await readCheckpoint(files.checkpoint);
  const journal = await readJournal(files.journal);
  const keptAside = [...(await keepCheckpoint(files, checkpoint, at)), ...(await keepBadLines(files, journal, at))];
  return { ...replay(checkpoint, journal), journal, keptAside };
}

/** Removes the temporary files of a process that died in the middle of a checkpoint. */
export function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (isTemporaryOf("state.json", name) || isTemporaryOf("journal.ndjson", name)) rmSync(join(directory, name));
  }
}

function replay(checkpoint: FoundCheckpoint, journal: JournalContent | null): { table: RecordTable; seq: number } {
  const table = new RecordTable();
  const snapshot = checkpoint !== null && "through" in checkpoint ? checkpoint : { through: 0, records: [] };
  let seq = snapshot.through;
  for (const record of snapshot.records) table.apply(record);
  for (const record of journal?.records ?? []) {
    // Between a checkpoint and the journal that follows it, the old journal still holds what the checkpoint has.
    if (record.seq <= snapshot.through) continue;
    table.apply(record);
    seq = Math.max(seq, record.seq);
  }
  return { table, seq };
}

async function keepCheckpoint(files: StateFiles, checkpoint: FoundCheckpoint, at: Date): Promise<KeptAside[]> {
  if (checkpoint === null || !("unreadable" in checkpoint)) return [];
  const keptAs = `${files.checkpoint}.bad-${stamp(at)}`;
  await rename(files.checkpoint, keptAs);
  return [{ file: files.checkpoint, keptAs, reason: checkpoint.unreadable }];
}

async function keepBadLines(files: StateFiles, journal: JournalContent | null, at: Date): Promise<KeptAside[]> {
  if (journal === null || journal.bad.length === 0) return [];
  const keptAs = files.journal.replace(/\.ndjson$/, `.bad-${stamp(at)}.ndjson`);
  await writeFileAtomic(keptAs, Buffer.concat(journal.bad), { mode: 0o600 });
  const reason = `${journal.bad.length} of the lines of ${basename(files.journal)} cannot be read`;
  return [{ file: files.journal, keptAs, reason }];
}

/** ISO 8601 in its basic form: a colon is no part of a file name on Windows. */
function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]/g, "");
}
