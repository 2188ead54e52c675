// One log: its current file with the backups of it, for everyone in this process who reads it.
import { stat } from "node:fs/promises";
import { untilText, wholeLines } from "./follow.js";
import { type EmptiedLog, Follower } from "./follower.js";
import { unlessMissing } from "./missing.js";
import { type Tail, type TailOptions, tailFile } from "./tail.js";
import { Turns } from "./turns.js";

export interface FollowOptions {
  /** Of those that are there already, given first. */
  readonly lines: number;
  readonly signal: AbortSignal;
}

export interface Following {
  readonly last: readonly string[];
  readonly rest: AsyncIterable<readonly string[]>;
}

export class Log {
  readonly path: string;
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

  /**
   * Reads its last `lines`; `rest` gives every whole line that is written then, in batches, as one stream through every
   * rotation, and has to be read, if only to find the signal aborted. A last line without newline is held until it is
   * finished, or until its session or the following ends. Called off by the signal, it still gives what is there at that
   * moment; leave the loop to go without it. A log that is not there is waited for. A reader that is slower than its log
   * by more than what the backups hold misses lines. Both reject with the system's error.
   */
  async follow({ lines, signal }: FollowOptions): Promise<Following> {
    const follower = this.#newFollower(signal);
    try {
      const tail = await this.take(() => this.#beginAfterTail(follower, lines));
      return { last: tail.lines, rest: this.#rest(follower, tail) };
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

  async *#rest(follower: Follower, tail: Tail): AsyncGenerator<readonly string[], void, void> {
    try {
      yield* wholeLines(follower.bytes(), tail);
    } finally {
      await this.#end(follower);
    }
  }

  #newFollower(signal: AbortSignal): Follower {
    const follower = new Follower(this.path, { turns: this.#turns, signal });
    this.#followers.add(follower);
    return follower;
  }

  async #beginAfterTail(follower: Follower, maxLines: number): Promise<Tail> {
    while (true) {
      const tail = await tailFile(this.path, { maxLines });
      // Otherwise it was renamed between the two, as the daemon's own log is.
      if ((await follower.begin(tail.endByte)) === tail.ino) return tail;
    }
  }

  async #end(follower: Follower): Promise<void> {
    await this.take(() => follower.close());
    this.#followers.delete(follower);
  }
}
