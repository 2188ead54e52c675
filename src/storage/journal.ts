// The journal file: lines appended whole or not at all.
import { closeSync, constants, fdatasync, openSync, rmSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { decodeJournal, JOURNAL_HEADER, type JournalContent } from "./record-format.js";
import { readStateFile, type Unreadable } from "./state-file.js";
import { openFiles } from "./system-files.js";

/** The two calls a disk fails in; tests slow them down, count them or make them fail. */
export interface DiskCalls {
  /** Appends some of `bytes`, returns how many. */
  readonly write: (fd: number, bytes: Uint8Array) => number;
  readonly fdatasync: (fd: number) => Promise<void>;
}

/** The system's own calls. */
export const systemDisk: DiskCalls = { write: (fd, bytes) => writeSync(fd, bytes), fdatasync: promisify(fdatasync) };

/** What stands at the journal's path: its content, nothing, or something that is no journal. */
export type FoundJournal = JournalContent | Unreadable | null;

/** Reads a journal without touching it. Throws NewerStateError, or the system's error when nothing can be read now. */
export async function readJournal(path: string): Promise<FoundJournal> {
  const content = await readStateFile(path);
  if (!Buffer.isBuffer(content)) return content;
  if (content.length === 0) return { unreadable: "it is empty" };
  const journal = decodeJournal(content, path);
  const isJournal = journal.hasHeader || journal.records.length > 0;
  return isJournal ? journal : { unreadable: "it is not a journal: no line of it can be read" };
}

export class Journal {
  #path: string;
  #fd: number;
  #isOpen = true;
  readonly #disk: DiskCalls;
  #bytes = 0;
  #lines = 0;
  /** True when a failed write may have left a part of a line behind `#bytes`. */
  #torn = false;

  private constructor(path: string, fd: number, disk: DiskCalls) {
    this.#path = path;
    this.#fd = fd;
    this.#disk = disk;
  }

  /** Starts a new journal with nothing but its header. What stood at `path` is gone. */
  static create(path: string, disk: DiskCalls): Journal {
    rmSync(path, { force: true });
    const journal = new Journal(path, openSync(path, APPEND | constants.O_CREAT | constants.O_EXCL, 0o600), disk);
    try {
      journal.#write(JOURNAL_HEADER);
    } catch (error) {
      journal.discard();
      throw error;
    }
    return journal;
  }

  /** Goes on with a journal that was read before; a torn last line is cut off. */
  static resume(path: string, content: JournalContent, disk: DiskCalls): Journal {
    const journal = new Journal(path, openSync(path, APPEND), disk);
    journal.#bytes = content.endByte;
    journal.#lines = content.records.length;
    journal.#torn = true;
    journal.#mend();
    return journal;
  }

  /** Size, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Records in it, the header not counted. */
  get lines(): number {
    return this.#lines;
  }

  /** Appends lines in one write, all of them or none. Throws the system's error; the same lines may be tried again. */
  append(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#write(lines.join(""));
    this.#lines += lines.length;
  }

  /** Resolves when everything appended before the call is on disk. After a failure no later sync can be trusted. */
  sync(): Promise<void> {
    return this.#disk.fdatasync(this.#fd);
  }

  /** Takes the place of the file at `path`, which `replaced` has open; that may be closed afterwards, and must be. */
  moveTo(path: string, replaced: Journal | null): void {
    openFiles.replaceOwn({
      from: this.#path,
      to: path,
      letGo: () => replaced?.close(),
      takeUp: () => replaced?.reopen(),
    });
    this.#path = path;
  }

  /** Goes on after `close`. */
  reopen(): void {
    this.#fd = openSync(this.#path, APPEND);
    this.#isOpen = true;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  /** Closes and removes it. */
  discard(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  #write(text: string): void {
    this.#mend();
    const bytes = Buffer.from(text);
    this.#torn = true;
    try {
      this.#writeAll(bytes);
    } catch (error) {
      this.#mendIfPossible();
      throw error;
    }
    this.#torn = false;
    this.#bytes += bytes.length;
  }

  #writeAll(bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length; ) {
      const count = this.#disk.write(this.#fd, bytes.subarray(offset));
      if (count === 0) throw new Error("the disk took nothing");
      offset += count;
    }
  }

  /** Cuts off what a failed write left, so that no torn line ever stands before a whole one. */
  #mend(): void {
    if (!this.#torn) return;
    openFiles.truncate({ fd: this.#fd, path: this.#path }, this.#bytes);
    this.#torn = false;
  }

  #mendIfPossible(): void {
    try {
      this.#mend();
    } catch {
      // Still torn: the next write mends first, and fails if it cannot.
    }
  }
}

const APPEND = constants.O_WRONLY | constants.O_APPEND;
