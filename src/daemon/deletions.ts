// Hears from the kernel that one of a few files, or the home with them, was deleted, moved or replaced; nothing is polled.
import { type FSWatcher, watch } from "node:fs";
import { basename } from "node:path";
import { hasCode } from "../errno.js";

export interface DeletionWatchOptions {
  /** Files whose inodes are watched: a name that goes changes the count of links even of a file that is in use. */
  readonly files: () => readonly string[];
  /** Watched for being moved, and for what becomes of its `run` and `logs`. */
  readonly home: string;
  /** Something has happened to one of them; which is to be looked at. */
  readonly onEvent: () => void;
  /** The kernel has no watch left (ENOSPC, EMFILE), or files can't be watched here. */
  readonly onRefused: (error: unknown) => void;
}

export class DeletionWatch {
  readonly #options: DeletionWatchOptions;
  #watchers: FSWatcher[] = [];

  constructor(options: DeletionWatchOptions) {
    this.#options = options;
  }

  /**
   * Watches the files that are there now, instead of those that were. False when one is missing: of what went before it
   * was watched, or while the old watch was being given up, the kernel tells nothing.
   */
  arm(): boolean {
    const { files, home, onEvent } = this.#options;
    const before = this.#watchers;
    this.#watchers = [];
    this.#watch(home, (type, name) => {
      if (type === "rename" && concernsHome(home, name)) onEvent();
    });
    const areThere = files().map((file) => this.#watch(file, onEvent));
    for (const watcher of before) watcher.close();
    return areThere.every(Boolean);
  }

  close(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  /** False when there is nothing to watch. */
  #watch(path: string, listener: (type: string, name: string | null) => void): boolean {
    const { onRefused } = this.#options;
    try {
      this.#watchers.push(watch(path, { persistent: false }, listener).on("error", onRefused));
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      onRefused(error);
    }
    return true;
  }
}

/** The home holds the journal, whose every line is an event too. A directory's own events carry its name, or none. */
function concernsHome(home: string, name: string | null): boolean {
  return name === null || name === basename(home) || name === "run" || name === "logs";
}
