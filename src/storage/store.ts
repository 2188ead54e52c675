// The contract of durable state: keyed records, each replaced as a whole, remembered in the order they were put.

/** Kinds of records; each has its own key space. */
export type RecordKind = "agent" | "definition" | "daemon" | "request" | "handoff";

/** Raised by `written` and `durable` when the disk refuses; `cause` is the system's error. The store recovers by itself. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}

/** What became of files that could not be read: each kept aside under a new name. */
export interface KeptAside {
  readonly file: string;
  readonly keptAs: string;
  readonly reason: string;
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
  /** Files that were unreadable at opening. */
  readonly keptAside: readonly KeptAside[];
  /** Writes a last checkpoint and closes the files. */
  close(): Promise<void>;
}
