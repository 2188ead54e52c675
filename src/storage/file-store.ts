// The store in a directory: every record a line of journal.ndjson, with state.json as its checkpoint.
import { basename, dirname } from "node:path";
import { removeTemporaries, syncDirectory } from "./atomic-file.js";
import { writeCheckpoint } from "./checkpoint.js";
import { DiskHealth, storageError } from "./disk-health.js";
import { GroupCommit } from "./group-commit.js";
import { type DiskCalls, Journal, systemDisk } from "./journal.js";
import { encodeRecord } from "./record-format.js";
import type { RecordTable } from "./record-table.js";
import { type RecoveredState, recoverState, type StateFiles, stateFiles } from "./recovery.js";
import { type Damage, type RecordKind, StateUnusableError, StorageError, type Store } from "./store.js";

export interface StoreOptions extends Partial<DiskCalls> {
  /** The home. It exists, and this process is the only one that writes to it. */
  readonly directory: string;
  /** Journal lines after which a checkpoint is due, once the journal is also four times the size of the last one; default 5000. */
  readonly checkpointEveryLines?: number;
  /** How often a refusing disk is tried again, in milliseconds; default 1000. There is no timer otherwise. */
  readonly retryEveryMs?: number;
  /** Names the files that are kept aside; default the system's clock. */
  readonly now?: () => Date;
  /** Told of each change of `failing`; `cause` is the system's error. */
  readonly onFailing?: (failing: boolean, cause?: unknown) => void;
  /** Told of a checkpoint that did not succeed. Nothing is lost, the journal just grows. */
  readonly onCheckpointFailed?: (error: StorageError) => void;
}

/**
 * Opens the store of a directory and replays it. What cannot be read is kept aside. Throws NewerStateError when a newer
 * Hearth wrote it, and StateUnusableError when its files can be neither used nor kept aside.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const files = stateFiles(options.directory);
  const recovered = await recoverState(files, (options.now ?? systemNow)()).catch(asStorageError);
  const store = openFiles(files, recovered, options);
  // A fresh pair of files, or the same damage would be found again at the next opening.
  if (recovered.damage.length > 0) await store.checkpointIfPossible();
  return store;
}

function openFiles(files: StateFiles, recovered: RecoveredState, options: StoreOptions): FileStore {
  const disk = { write: options.write ?? systemDisk.write, fdatasync: options.fdatasync ?? systemDisk.fdatasync };
  try {
    removeTemporaries(options.directory, [basename(files.checkpoint), basename(files.journal)]);
    const journal =
      recovered.journal === null ? startJournal(files, disk) : Journal.resume(files.journal, recovered.journal, disk);
    return new FileStore({ files, disk, journal, recovered, options });
  } catch (cause) {
    return asStorageError(cause);
  }
}

function startJournal(files: StateFiles, disk: DiskCalls): Journal {
  const journal = Journal.create(nextJournal(files), disk);
  journal.moveTo(files.journal, null);
  return journal;
}

function asStorageError(cause: unknown): never {
  if (cause instanceof Error && "syscall" in cause) {
    throw new StateUnusableError(`the state in this home cannot be opened: ${cause.message}`, { cause });
  }
  throw cause;
}

class FileStore implements Store {
  readonly damage: readonly Damage[];
  readonly #files: StateFiles;
  readonly #disk: DiskCalls;
  readonly #options: StoreOptions;
  readonly #table: RecordTable;
  readonly #health: DiskHealth;
  readonly #commits = new GroupCommit(() => this.#commit());
  #journal: Journal;
  #seq: number;
  /** Lines that are not in the journal yet, in order. */
  #pending: string[] = [];
  /** The write of what this turn of the event loop puts, one for all. */
  #flushing: Promise<void> | null = null;
  /** While a checkpoint is being written: every line put since its snapshot. They are the next journal. */
  #sinceSnapshot: string[] | null = null;
  #checkpoint: Promise<void> | null = null;
  #checkpointBytes = 0;
  #linesAtLastCheckpoint = 0;
  /** True until the directory itself is on disk after a rename: before that no sync of the journal means anything. */
  #directoryChanged = true;
  /** True when only a checkpoint can make the files whole again (see `#giveUpJournal`). */
  #journalGivenUp = false;
  /** Why it was given up. */
  #refusal: unknown;
  #closed: Promise<void> | null = null;

  constructor(parts: {
    readonly files: StateFiles;
    readonly disk: DiskCalls;
    readonly journal: Journal;
    readonly recovered: RecoveredState;
    readonly options: StoreOptions;
  }) {
    this.#files = parts.files;
    this.#disk = parts.disk;
    this.#journal = parts.journal;
    this.#table = parts.recovered.table;
    this.#seq = parts.recovered.seq;
    this.damage = parts.recovered.damage;
    this.#options = parts.options;
    this.#health = new DiskHealth({
      retryEveryMs: parts.options.retryEveryMs ?? DEFAULT_RETRY_EVERY_MS,
      tryAgain: () => this.#tryAgain(),
      onFailing: parts.options.onFailing ?? (() => {}),
    });
  }

  get failing(): boolean {
    return this.#health.failing;
  }

  entries(kind: RecordKind): ReadonlyMap<string, unknown> {
    return this.#table.entries(kind);
  }

  put(kind: RecordKind, key: string, value: unknown): void {
    this.#assertOpen();
    const line = encodeRecord(this.#seq + 1, { kind, key, value });
    this.#seq += 1;
    this.#table.apply({ kind, key, value });
    this.#sinceSnapshot?.push(line);
    // A journal that was given up takes no more lines: the checkpoint that replaces it has them from the table.
    if (this.#journalGivenUp) return;
    this.#pending.push(line);
    // When it fails, `failing` tells, the lines are kept, and whoever waits for them hears of it.
    if (this.#flushing === null) this.#flushSoon().catch(() => {});
  }

  async written(): Promise<void> {
    this.#assertOpen();
    if (this.#journalGivenUp) await this.#writeCheckpoint();
    await this.#flushSoon();
  }

  async durable(): Promise<void> {
    this.#assertOpen();
    await this.#reachDisk();
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeFiles();
    return this.#closed;
  }

  /** Writes a checkpoint now; a failure is only reported. */
  async checkpointIfPossible(): Promise<void> {
    try {
      await this.#writeCheckpoint();
    } catch (error) {
      this.#linesAtLastCheckpoint = this.#journal.lines;
      this.#options.onCheckpointFailed?.(error as StorageError);
    }
  }

  #reachDisk(): Promise<void> {
    // All who wait for a commit share its promise: with thousands of them a second, one for each would be felt.
    return this.#journalGivenUp ? this.#writeCheckpoint().then(() => this.#commits.join()) : this.#commits.join();
  }

  async #closeFiles(): Promise<void> {
    try {
      await this.#checkpoint?.catch(() => {});
      if (this.#journal.lines > 0 || this.#pending.length > 0) await this.checkpointIfPossible();
      await this.#reachDisk();
    } finally {
      this.#health.stopTrying();
      this.#journal.close();
    }
  }

  #flushSoon(): Promise<void> {
    this.#flushing ??= Promise.resolve().then(() => {
      this.#flushing = null;
      this.#flush();
    });
    return this.#flushing;
  }

  #flush(): void {
    if (this.#journalGivenUp) throw storageError(this.#refusal);
    if (this.#pending.length === 0) return;
    try {
      this.#journal.append(this.#pending);
    } catch (cause) {
      this.#health.refused(cause);
      if (this.#pending.length > MAX_PENDING_LINES) this.#giveUpJournal(cause);
      throw storageError(cause);
    }
    this.#pending = [];
    this.#health.recovered();
    if (this.#isCheckpointDue()) void this.checkpointIfPossible();
  }

  async #commit(): Promise<void> {
    this.#flush();
    try {
      await this.#syncDirectoryIfChanged();
      await this.#journal.sync();
    } catch (cause) {
      this.#health.refused(cause);
      this.#giveUpJournal(cause);
      throw storageError(cause);
    }
  }

  async #syncDirectoryIfChanged(): Promise<void> {
    if (!this.#directoryChanged) return;
    await syncDirectory(dirname(this.#files.journal));
    this.#directoryChanged = false;
  }

  /**
   * From here on only a checkpoint helps. After a failed sync the kernel may drop the pages and report success the next
   * time (PostgreSQL's "fsyncgate"), so nothing more is trusted to this file; and when a full disk has piled up too many
   * lines, one snapshot is smaller than all of them.
   */
  #giveUpJournal(cause: unknown): void {
    this.#journalGivenUp = true;
    this.#refusal = cause;
    this.#pending = [];
  }

  #isCheckpointDue(): boolean {
    const everyLines = this.#options.checkpointEveryLines ?? DEFAULT_CHECKPOINT_EVERY_LINES;
    const lines = this.#journal.lines - this.#linesAtLastCheckpoint;
    const idle = this.#checkpoint === null && this.#closed === null;
    return idle && lines >= everyLines && this.#journal.bytes > 4 * this.#checkpointBytes;
  }

  #writeCheckpoint(): Promise<void> {
    this.#checkpoint ??= this.#checkpointAndReplaceJournal().finally(() => {
      this.#checkpoint = null;
      this.#sinceSnapshot = null;
    });
    return this.#checkpoint;
  }

  /**
   * At every instant the files on disk hold all that was acknowledged: until the checkpoint is renamed, the old pair;
   * then the new checkpoint with the old journal, whose older lines replay skips; then the new pair.
   */
  async #checkpointAndReplaceJournal(): Promise<void> {
    this.#sinceSnapshot = [];
    try {
      this.#checkpointBytes = await writeCheckpoint(this.#files.checkpoint, this.#seq, this.#table);
      await this.#commits.between(() => this.#replaceJournal(this.#sinceSnapshot ?? []));
    } catch (cause) {
      throw storageError(cause);
    }
  }

  /** Runs between two commits: what was acknowledged on the old journal is synced in the new one before it takes its place. */
  async #replaceJournal(sinceSnapshot: string[]): Promise<void> {
    const next = Journal.create(nextJournal(this.#files), this.#disk);
    try {
      next.append(sinceSnapshot.splice(0));
      await next.sync();
      // From here to the end nothing is put in between. These lines are synced by the commit that acknowledges them.
      next.append(sinceSnapshot);
      next.moveTo(this.#files.journal, this.#journal);
    } catch (error) {
      next.discard();
      throw error;
    }
    this.#useJournal(next);
  }

  #useJournal(next: Journal): void {
    this.#journal.close();
    this.#journal = next;
    this.#directoryChanged = true;
    this.#linesAtLastCheckpoint = 0;
    this.#pending = [];
    this.#journalGivenUp = false;
    this.#health.recovered();
  }

  #tryAgain(): void {
    // Success and failure both show in `failing`.
    this.written().catch(() => {});
  }

  #assertOpen(): void {
    if (this.#closed !== null) throw new StorageError("the store is closed");
  }
}

const DEFAULT_CHECKPOINT_EVERY_LINES = 5000;
const DEFAULT_RETRY_EVERY_MS = 1000;
const MAX_PENDING_LINES = 10_000;

function nextJournal(files: StateFiles): string {
  return `${files.journal}.next.tmp`;
}

function systemNow(): Date {
  return new Date();
}
