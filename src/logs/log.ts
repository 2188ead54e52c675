// One log: its current file with the backups of it, for everyone in this process who reads it.
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { BEFORE_EVERYTHING, type LogPlace } from "../../protocol/log-place.js";
import { unlessMissing } from "../errno.js";
import { type Lines, untilText, wholeLines } from "./follow.js";
import { type EmptiedLog, Follower } from "./follower.js";
import { decodeText } from "./lines.js";
import { type LogFile, logFiles, startAfter, startSince } from "./log-files.js";
import { Milestones } from "./milestones.js";
import { atLineStart, type Page, readPage } from "./page.js";
import { type Tail, type TailOptions, tailFile } from "./tail.js";
import { Turns } from "./turns.js";

export interface FollowOptions {
  /** Of those before the place where the following begins, given first. */
  readonly lines: number;
  /** Where the following begins; by default the end of what is there at the call. */
  readonly after?: LogPlace | undefined;
  readonly signal: AbortSignal;
}

export interface Following {
  readonly last: Lines;
  readonly rest: AsyncIterable<Lines>;
}

/**
 * Which page is wanted: what follows a place, the first with what was written since a moment (unix milliseconds), or the
 * last lines.
 */
export type PageWish = ({ readonly after: LogPlace } | { readonly sinceMs: number } | { readonly lines: number }) & {
  readonly maxBytes: number;
};

/** A page, with what is known of its log's times, in unix milliseconds; null where nothing is. */
export interface DatedPage extends Page {
  /** Nothing from the beginning of this page on was written before. */
  readonly fromMs: number | null;
  /** When the log was last written to. */
  readonly writtenMs: number | null;
}

export class Log {
  readonly path: string;
  /** What is known of when it was written. */
  readonly milestones = new Milestones();
  readonly #turns = new Turns();
  readonly #followers = new Set<Follower>();

  /** Nothing need be there yet. One path has one `Log`: readers hear of a rotation through it. */
  constructor(path: string) {
    this.path = path;
  }

  /** Size of the current file in bytes, 0 when there is none. Rejects with the system's error. */
  async size(): Promise<number> {
    return (await unlessMissing(stat(this.path)))?.size ?? 0;
  }

  /** Its last lines. Rejects with the system's error. */
  tail(options: TailOptions): Promise<Tail> {
    return this.take(() => tailFile(this.path, options));
  }

  /** Where the next byte will be written. Synchronous, so that nothing is written in between. Throws the system's error. */
  endNow(): LogPlace {
    const stats = statSync(this.path, { throwIfNoEntry: false });
    return stats === undefined ? BEFORE_EVERYTHING : { ino: stats.ino, byte: stats.size };
  }

  /** A part of it, for somebody who reads all there is. Rejects with the system's error. */
  page(wish: PageWish): Promise<DatedPage> {
    return this.take(async () => {
      const files = await logFiles(this.path);
      const page = "lines" in wish ? await this.#lastPage(wish) : await this.#pageFrom(files, wish);
      return { ...page, writtenMs: files.findLast(({ size }) => size > 0)?.writtenMs ?? null };
    });
  }

  /**
   * Reads the last `lines` before the place where it begins; `rest` gives every whole line behind it, in batches, as one
   * stream through every rotation, and has to be read, if only to find the signal aborted. A last line without newline is held until it is
   * finished, or until its session or the following ends. Called off by the signal, it still gives what is there at that
   * moment; leave the loop to go without it. A log that is not there is waited for. A reader that is slower than its log
   * by more than what the backups hold misses lines. Both reject with the system's error.
   */
  async follow({ lines, after = this.endNow(), signal }: FollowOptions): Promise<Following> {
    const follower = this.#newFollower(signal);
    try {
      const begun = await this.take(() => this.#beginAfter(follower, { lines, after }));
      return { last: begun, rest: this.#rest(follower, begun) };
    } catch (error) {
      await this.#end(follower);
      throw error;
    }
  }

  /**
   * Resolves as soon as `text` stands in the log after `fromByte` of its current file, in a finished line or not.
   * Rejects with the signal's reason when it aborts first, or with the system's error.
   */
  async waitForText(options: {
    readonly fromByte: number;
    readonly text: string;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const follower = this.#newFollower(options.signal);
    try {
      await this.take(() => follower.begin(options.fromByte));
      await untilText(follower.bytes(), options);
    } finally {
      await this.#end(follower);
    }
  }

  /** Does something while nobody reads the log. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(work);
  }

  /** Tells those who follow where to read on. To be called in a turn, before the pieces become backups. */
  async moveFollowers(emptied: EmptiedLog): Promise<void> {
    await Promise.all([...this.#followers].map((follower) => follower.moveInto(emptied)));
  }

  async *#rest(follower: Follower, begun: Begun): AsyncGenerator<Lines, void, void> {
    try {
      yield* wholeLines(follower.bytes(), begun);
    } finally {
      await this.#end(follower);
    }
  }

  #newFollower(signal: AbortSignal): Follower {
    const follower = new Follower(this.path, { turns: this.#turns, signal });
    this.#followers.add(follower);
    return follower;
  }

  async #lastPage({ lines: maxLines, maxBytes }: { readonly lines: number; readonly maxBytes: number }) {
    const tail = await tailFile(this.path, { maxLines, maxBytes });
    const unfinished = tail.unfinished.length === 0 ? null : decodeText(tail.unfinished);
    return { lines: tail.lines, unfinished, end: endOf(tail), more: false, fromMs: null };
  }

  async #pageFrom(files: readonly LogFile[], wish: Exclude<PageWish, { readonly lines: number }>) {
    if ("after" in wish) return { ...(await readPage(files, startAfter(files, wish.after), wish)), fromMs: null };
    const { sinceMs } = wish;
    const { fromMs, ...start } = startSince(files, { sinceMs, milestone: this.milestones.passedBy(sinceMs) });
    return { ...(await readPage(files, await atLineStart(files, start), wish)), fromMs };
  }

  async #beginAfter(
    follower: Follower,
    { lines: maxLines, after }: { readonly lines: number; readonly after: LogPlace },
  ): Promise<Begun> {
    while (true) {
      const files = await logFiles(this.path);
      const { file: index, byte } = startAfter(files, after);
      const file = files[index];
      const path = file?.path ?? this.path;
      const tail = await tailFile(path, { maxLines, endByte: byte });
      const ino = await (file?.isBackup ? follower.beginInBackup(path, tail.endByte) : follower.begin(tail.endByte));
      // Otherwise it was renamed between the two, as the daemon's own log is.
      if (ino === tail.ino) return { ...tail, end: endOf(tail) };
    }
  }

  async #end(follower: Follower): Promise<void> {
    await this.take(() => follower.close());
    this.#followers.delete(follower);
  }
}

/** What a follower begins behind. */
interface Begun extends Lines {
  readonly unfinished: Buffer;
}

/** Behind its lines, before what is unfinished. */
function endOf({ ino, endByte, unfinished }: Tail): LogPlace {
  return ino === null ? BEFORE_EVERYTHING : { ino, byte: Math.max(0, endByte - unfinished.length) };
}
