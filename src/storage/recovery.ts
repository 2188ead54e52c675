// Opens what an earlier daemon left in a home: reads it all first, then sets aside what cannot be read.
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "./atomic-file.js";
import { type FoundCheckpoint, readCheckpoint } from "./checkpoint.js";
import { type FoundJournal, readJournal } from "./journal.js";
import type { JournalContent, Snapshot } from "./record-format.js";
import { RecordTable } from "./record-table.js";
import type { Unreadable } from "./state-file.js";
import type { Damage } from "./store.js";

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
  /** Null when there is no journal to go on with. */
  readonly journal: JournalContent | null;
  readonly damage: readonly Damage[];
}

/** Names of the files of a store in a directory. */
export function stateFiles(directory: string): StateFiles {
  return { journal: join(directory, "journal.ndjson"), checkpoint: join(directory, "state.json") };
}

/**
 * Reads checkpoint and journal, and replays what is good of them. What cannot be read is kept aside under a name with the
 * time `at`. Throws NewerStateError, before anything is touched, or the system's error when a file cannot be kept aside.
 */
export async function recoverState(files: StateFiles, at: Date): Promise<RecoveredState> {
  const found = { checkpoint: await readCheckpoint(files.checkpoint), journal: await readJournal(files.journal) };
  const snapshot = readable(found.checkpoint);
  const journal = readable(found.journal);
  const damage = [
    ...(await keepCheckpoint(files, found.checkpoint, at)),
    ...(await keepJournal(files, found.journal, at)),
    ...whatIsMissing(files, found),
  ];
  return { ...replay(snapshot, journal), journal, damage };
}

function readable<T extends Snapshot | JournalContent>(found: T | Unreadable | null): T | null {
  return found === null || "unreadable" in found ? null : found;
}

function replay(snapshot: Snapshot | null, journal: JournalContent | null): { table: RecordTable; seq: number } {
  const table = new RecordTable();
  const through = snapshot?.through ?? 0;
  let seq = through;
  for (const record of snapshot?.records ?? []) table.apply(record);
  for (const record of journal?.records ?? []) {
    // Between a checkpoint and the journal that follows it, the old journal still holds what the checkpoint has.
    if (record.seq <= through) continue;
    table.apply(record);
    seq = Math.max(seq, record.seq);
  }
  return { table, seq };
}

/** From the first opening on there is a journal, and its lines follow the checkpoint's last one. */
function whatIsMissing(
  files: StateFiles,
  { checkpoint, journal }: { readonly checkpoint: FoundCheckpoint; readonly journal: FoundJournal },
): Damage[] {
  const snapshot = readable(checkpoint);
  if (journal === null)
    return snapshot === null ? [] : [{ file: files.journal, reason: "it is missing", keptAs: null }];
  const content = readable(journal);
  const [first] = content?.records ?? [];
  const isWhole = content?.bad.length === 0 && (checkpoint === null || snapshot !== null);
  if (first === undefined || !isWhole || first.seq <= (snapshot?.through ?? 0) + 1) return [];
  const reason = snapshot === null ? "it is missing" : "it is older than the beginning of the journal";
  return [{ file: files.checkpoint, reason, keptAs: null }];
}

async function keepCheckpoint(files: StateFiles, checkpoint: FoundCheckpoint, at: Date): Promise<Damage[]> {
  if (checkpoint === null || !("unreadable" in checkpoint)) return [];
  const keptAs = `${files.checkpoint}.bad-${stamp(at)}`;
  await rename(files.checkpoint, keptAs);
  return [{ file: files.checkpoint, keptAs, reason: checkpoint.unreadable }];
}

/** The whole of what is no journal, or the bad lines of one. */
async function keepJournal(files: StateFiles, journal: FoundJournal, at: Date): Promise<Damage[]> {
  if (journal === null) return [];
  const keptAs = files.journal.replace(/\.ndjson$/, `.bad-${stamp(at)}.ndjson`);
  if ("unreadable" in journal) {
    await rename(files.journal, keptAs);
    return [{ file: files.journal, keptAs, reason: journal.unreadable }];
  }
  if (journal.bad.length === 0) return [];
  await writeFileAtomic(keptAs, Buffer.concat(journal.bad), { mode: 0o600 });
  const reason = `${journal.bad.length} of the lines of ${basename(files.journal)} cannot be read`;
  return [{ file: files.journal, keptAs, reason }];
}

/** For the names of what is kept aside. ISO 8601 in its basic form: a colon is no part of a file name on Windows. */
export function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]/g, "");
}
