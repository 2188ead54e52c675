// A stream of notifications that a program reads with `for await`.
import { limitReached } from "../../protocol/errors.js";

/** Notifications that may wait for their reader; one that is slower than that must not fill the memory. */
export const MAX_WAITING = 10_000;

/**
 * Ends when it is closed; throws when the daemon is gone for good or the reader is too slow. Loops that read it at the same time
 * share it: each notification goes to one of them.
 */
export class Subscription<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  readonly #onClose: () => Promise<void>;
  #failure: Error | null = null;
  #closed = false;
  /** Loops that have read everything. */
  readonly #idle: (() => void)[] = [];

  constructor(onClose: () => Promise<void>) {
    this.#onClose = onClose;
  }

  /** Adds a notification; what comes after the end is dropped. */
  push(item: T): void {
    if (this.#closed || this.#failure !== null) return;
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(item);
    else this.fail(tooSlow());
    this.#wake();
  }

  /** Ends the stream with an error, once what waits has been read. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Ends the stream and tells the daemon, if it is there. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
    await this.#onClose();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const item = this.#waiting.shift();
        if (item !== undefined) yield item;
        else if (this.#closed) return;
        else if (this.#failure !== null) throw this.#failure;
        else await this.#arrival();
      }
    } finally {
      await this.close();
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#idle.splice(0)) wake();
  }
}

function tooSlow(): Error {
  return limitReached(`More than ${MAX_WAITING} notifications wait for their reader.`);
}
