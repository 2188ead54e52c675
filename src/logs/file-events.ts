// Wakes a reader when its file changes; nothing is polled, and no timer runs.
import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

/**
 * Watches the file at a path, and its directory only while no file is there: the directory of the logs changes with
 * every line of every agent. Throws the system's error when the kernel has no watch left (ENOSPC, EMFILE).
 */
export class FileEvents {
  readonly #path: string;
  readonly #signal: AbortSignal;
  #watcher: FSWatcher | null = null;
  #watched: string | null = null;
  #changed = true;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(path: string, signal: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
    signal.addEventListener("abort", this.#onEvent);
  }

  /** From now on changes of the file that is at the path count. Throws ENOENT when there is none. */
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
    const watcher = watch(target, this.#onEvent).on("error", this.#onError);
    this.#watcher?.close();
    this.#watcher = watcher;
    this.#watched = target;
    // What happened before the watch began is a change too.
    this.#changed = true;
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
