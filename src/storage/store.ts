// The contract of durable state: keyed records, each replaced as a whole, remembered in the order they were put.

/** Kinds of records; each has its own key space. */
export type RecordKind = "agent" | "definition" | "daemon" | "request" | "handoff";

/** Raised by `written` and `durable` when the disk refuses; `cause` is the system's error. The store recovers by itself. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}

/** The home's state cannot be used as it is; nothing of it was lost, and no agent was started. */
export class StateUnusableError extends StorageError {
  readonly hint =
    "let the user who runs hearthd read and write the home and the files in it, or choose another home with --home; `hearth doctor` names what is wrong";
}

/** What was wrong with a file at opening, and what became of it. */
export interface Damage {
  readonly file: string;
  /** In words: "it is empty". */
  readonly reason: string;
  /** The new name under which the file, or its bad part, is kept; null when there was nothing to keep. */
  readonly keptAs: string | null;
}

export interface Store {
  /** The latest value of every key of a kind, as replayed or put since. */
  entries(kind: RecordKind): ReadonlyMap<string, unknown>;
  /** Replaces one record (null removes it). Returns at once; lines of one turn of the event loop are written together, in order. */
  put(kind: RecordKind, key: string, value: unknown): void;
  /** Resolves when every record put so far has reached the kernel: it survives the death of this process. */
  written(): Promise<void>;
  /** Resolves when every record put so far is on disk (one fdatasync serves all who wait). */
  durable(): Promise<void>;
  /** True while the disk refuses to take records. */
  readonly failing: boolean;
  /** What was wrong with the files at opening; empty as a rule. */
  readonly damage: readonly Damage[];
  /** Writes a last checkpoint and closes the files. */
  close(): Promise<void>;
}
