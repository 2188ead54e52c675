// The bytes of a log as it grows, through every rotation of it.
import { stat } from "node:fs/promises";
import type { LogPlace } from "../../protocol/log-place.js";
import { hasCode, unlessMissing } from "../errno.js";
import { successorOf } from "./backups.js";
import { FileEvents } from "./file-events.js";
import { FileReader } from "./file-reader.js";
import type { Turns } from "./turns.js";

/** Bytes in order with the place behind them, and a break where what follows does not continue the line before. */
export type Followed =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly end: LogPlace }
  | { readonly kind: "break" };

/** What a log held that was emptied while it was written to. */
export interface EmptiedLog {
  readonly ino: number;
  /** Where its bytes are now, the oldest first; the oldest of all may have been dropped. */
  readonly pieces: readonly { readonly path: string; readonly fromByte: number }[];
}

/**
 * One reader's place in a log. It keeps one file open, whatever happens to the log; where that file ends, the next is
 * found by its neighbour's inode among the backups. It reads in turns of the log, so that nothing is read while the log
 * is emptied, and only when asked for more: a slow consumer costs no memory.
 */
export class Follower {
  readonly #path: string;
  readonly #turns: Turns;
  readonly #signal: AbortSignal;
  readonly #events: FileEvents;
  #file: FileReader | null = null;
  #broken = false;
  #failure: unknown = null;

  /** The signal ends the following: what the log holds at that moment still comes. */
  constructor(path: string, options: { readonly turns: Turns; readonly signal: AbortSignal }) {
    this.#path = path;
    this.#turns = options.turns;
    this.#signal = options.signal;
    this.#events = new FileEvents(path, options.signal);
  }

  /**
   * Places itself at a byte of the current file, or before the first one of a file that is not there yet. Resolves with
   * that file's inode. To be called in a turn. Rejects with the system's error.
   */
  async begin(fromByte: number): Promise<number | null> {
    await this.#file?.close();
    this.#file = await this.#openCurrent(fromByte);
    return this.#file?.ino ?? null;
  }

  /** The same in a backup. Resolves with the inode of what is there under its name; null when there is nothing. */
  async beginInBackup(path: string, fromByte: number): Promise<number | null> {
    await this.#file?.close();
    this.#file = await openBackup(path, fromByte);
    return this.#file?.ino ?? null;
  }

  /** What is there from its place on, then what comes. A shorter file is read from its beginning. */
  async *bytes(): AsyncGenerator<Followed, void, void> {
    while (true) {
      // Asked before reading, so that all that was written before the signal is read.
      const ending = this.#signal.aborted;
      await this.#turns.take(() => this.#measure());
      for (let next = await this.#take(); next !== null; next = await this.#take()) yield next;
      if (ending) return;
      await this.#events.next();
    }
  }

  /** Goes on in the pieces of a log that has just been emptied. To be called in a turn, while the pieces are in place. */
  async moveInto(log: EmptiedLog): Promise<void> {
    // Whoever still reads a backup comes to the pieces by their names.
    if (this.#file?.ino !== log.ino) return;
    try {
      await this.#moveInto(log, this.#file);
    } catch (error) {
      // This reader's trouble is not the rotation's.
      this.#failure = error;
    }
  }

  /** To be called in a turn. */
  async close(): Promise<void> {
    this.#events.close();
    await this.#file?.close();
    this.#file = null;
  }

  async #moveInto({ pieces }: EmptiedLog, file: FileReader): Promise<void> {
    const holding = pieces.findLast(({ fromByte }) => fromByte <= file.position);
    const piece = holding ?? pieces[0];
    this.#broken ||= holding === undefined;
    if (piece === undefined) return file.rewind();
    const fromByte = Math.max(0, file.position - piece.fromByte);
    this.#file = await FileReader.open(piece.path, { fromByte, isBackup: true });
    await file.close();
  }

  #take(): Promise<Followed | null> {
    return this.#turns.take(() => this.#next());
  }

  async #measure(): Promise<void> {
    if (this.#file === null) return;
    const size = await this.#file.measure();
    if (size >= this.#file.position) return;
    this.#file.rewind();
    this.#broken = true;
  }

  /** Null when everything that was measured has been read. */
  async #next(): Promise<Followed | null> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#broken) return this.#break();
    this.#file ??= await this.#openCurrent(0);
    if (this.#file === null) return null;
    const { ino } = this.#file;
    const bytes = await this.#file.read();
    if (bytes.length > 0) return { kind: "bytes", bytes, end: { ino, byte: this.#file.position } };
    return (await this.#goOn(this.#file)) ? this.#next() : null;
  }

  #break(): Followed {
    this.#broken = false;
    return { kind: "break" };
  }

  /** At the end of a file: whether there is more to read, in it or after it. */
  async #goOn(file: FileReader): Promise<boolean> {
    if (await this.#isCurrent(file)) return false;
    // Written between the last look and the rename.
    if ((await file.measure()) > file.position) return true;
    const next = await this.#openSuccessor(file);
    if (next === null) return false;
    this.#broken = !file.isContinued;
    this.#file = next;
    await file.close();
    return true;
  }

  async #isCurrent(file: FileReader): Promise<boolean> {
    return (await unlessMissing(stat(this.#path)))?.ino === file.ino;
  }

  async #openSuccessor(file: FileReader): Promise<FileReader | null> {
    while (true) {
      const next = successorOf(this.#path, file);
      const isCurrent = next === null || next.path === this.#path;
      const opened = isCurrent ? await this.#openCurrent(0) : await openBackup(next.path, 0);
      if (opened?.ino === next?.ino) return opened;
      // Renamed between the look and the opening.
      await opened?.close();
    }
  }

  /** Opens the current file with a watch on it; null when there is none, with a watch on its directory. */
  async #openCurrent(fromByte: number): Promise<FileReader | null> {
    try {
      while (true) {
        const { ino } = await stat(this.#path);
        this.#events.watchFile();
        const file = await FileReader.open(this.#path, { fromByte, isBackup: false });
        if (file.ino === ino) return file;
        // Renamed between the two: the watch may be on the old file.
        await file.close();
      }
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      this.#events.watchDirectory();
      return null;
    }
  }
}

function openBackup(path: string, fromByte: number): Promise<FileReader | null> {
  return unlessMissing(FileReader.open(path, { fromByte, isBackup: true }));
}
