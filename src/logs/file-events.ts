// Wakes a reader when its file changes; nothing is polled, and no timer runs, as long as the kernel has a watch left.
import { watch } from "node:fs";
import { dirname } from "node:path";
import { hasCode } from "../errno.js";

/** How often a reader looks whose file the kernel has no watch left for, in milliseconds. */
const LOOK_EVERY_MS = 250;

/**
 * Watches the file at a path, and its directory only while no file is there: the directory of the logs changes with
 * every line of every agent.
 */
export class FileEvents {
  readonly #path: string;
  readonly #signal: AbortSignal;
  #watcher: { close(): void } | null = null;
  #watched: string | null = null;
  #changed = true;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(path: string, signal: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
    signal.addEventListener("abort", this.#onEvent);
  }

  /** From now on changes of the file that is at the path count. Throws the system's error, ENOENT when there is none. */
  watchFile(): void {
    this.#watch(this.#path);
  }

  /** From now on changes of the directory count: a file may come. */
  watchDirectory(): void {
    const directory = dirname(this.#path);
    if (this.#watched !== directory) this.#watch(directory);
  }

  /** Resolves at the next change, at once if there was one since the last call; also when the signal aborts. */
  async next(): Promise<void> {
    if (!this.#changed && !this.#signal.aborted) await this.#event();
    this.#changed = false;
    if (this.#failure !== null) throw this.#failure;
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#onEvent);
    this.#watcher?.close();
  }

  #watch(target: string): void {
    const watcher = this.#begin(target);
    this.#watcher?.close();
    this.#watcher = watcher;
    this.#watched = target;
    // What happened before the watch began is a change too.
    this.#changed = true;
  }

  #begin(target: string): { close(): void } {
    try {
      return watch(target, this.#onEvent).on("error", this.#onError);
    } catch (error) {
      // A user has few of them (128 instances of inotify, usually), and editors take many.
      if (!hasCode(error, "EMFILE", "ENOSPC")) throw error;
      const timer = setInterval(this.#onEvent, LOOK_EVERY_MS);
      return { close: () => clearInterval(timer) };
    }
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  readonly #onEvent = (): void => {
    this.#changed = true;
    this.#wake?.();
  };

  readonly #onError = (error: Error): void => {
    this.#failure = error;
    this.#onEvent();
  };
}
