// Sees to it that the daemon still has what it stands on: its lock, the files by which clients find it, and its log.
import type { Clock } from "../supervisor/clock.js";
import { DeletionWatch } from "./deletions.js";

export interface VigilOptions {
  readonly clock: Clock;
  readonly home: string;
  /** The lock, and what `restore` puts back. */
  readonly files: () => readonly string[];
  /** The longest time between two looks, in milliseconds: for what the kernel doesn't tell, such as a move of the home's parent, or isn't asked: the log is written all the time. */
  readonly everyMs: number;
  readonly stillHeld: () => boolean;
  /** The lock is gone. Told once. */
  readonly lost: () => void;
  /** Puts back whatever is missing of the other files, and names it. */
  readonly restore: () => Promise<readonly string[]>;
  readonly restored: (files: readonly string[]) => void;
  report(what: string, error: unknown): void;
}

/**
 * Time from a deletion to putting the file back, in milliseconds. It may be the first of a whole home that is being
 * deleted, which must not find a new file in it.
 */
const RESTORE_AFTER_MS = 1_000;

export class Vigil {
  readonly #options: VigilOptions;
  readonly #deletions: DeletionWatch;
  #cancelLook: () => void = () => {};
  #cancelRestoring: (() => void) | null = null;
  #restoring: Promise<void> = Promise.resolve();
  #refusalTold = false;
  #over = false;

  constructor(options: VigilOptions) {
    this.#options = options;
    const { files, home } = options;
    this.#deletions = new DeletionWatch({
      files,
      home,
      onEvent: () => this.#changed(),
      onRefused: (error) => this.#tellRefusal(error),
    });
  }

  begin(): void {
    this.#deletions.arm();
    this.#look();
  }

  end(): void {
    this.#over = true;
    this.#cancelLook();
    this.#cancelRestoring?.();
    this.#deletions.close();
  }

  /** Whatever the kernel has told. */
  #look(): void {
    if (!this.#holds()) return;
    if (this.#cancelRestoring === null) this.#restoreNow();
    this.#cancelLook = this.#options.clock.after(this.#options.everyMs, () => this.#look());
  }

  #changed(): void {
    if (!this.#holds()) return;
    this.#cancelRestoring ??= this.#options.clock.after(RESTORE_AFTER_MS, () => this.#restoreNow());
  }

  #holds(): boolean {
    if (this.#over) return false;
    if (this.#options.stillHeld()) return true;
    this.end();
    this.#options.lost();
    return false;
  }

  #restoreNow(): void {
    // What happens from here on is news again.
    this.#cancelRestoring = null;
    this.#restoring = this.#restoring.then(() => this.#restore());
  }

  async #restore(): Promise<void> {
    if (!this.#holds()) return;
    const isWhole = await this.#putBack();
    if (this.#over) return;
    // What can't be put back is tried again at the next look.
    if (!this.#deletions.arm() && isWhole) this.#changed();
  }

  async #putBack(): Promise<boolean> {
    try {
      const files = await this.#options.restore();
      if (files.length > 0) this.#options.restored(files);
      return true;
    } catch (error) {
      this.#options.report("a file that clients need could not be put back", error);
      return false;
    }
  }

  #tellRefusal(error: unknown): void {
    if (this.#refusalTold) return;
    this.#refusalTold = true;
    this.#options.report("deleted files are noticed late, because they can't be watched", error);
  }
}
