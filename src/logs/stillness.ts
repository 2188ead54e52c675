// The contract of a pause: everything that writes to a log is held still, so that the log can be emptied without losing a byte.

/** Names what is held still, as JSON for a daemon that comes after: only whoever holds it reads it. */
export type Held = Readonly<Record<string, unknown>>;

/** While it lasts, nobody writes to the log. */
export interface Stillness {
  /**
   * Empties `file`, creates `mark`, then lets the writers go on; resolves when all three are done. A program of its own
   * does it, so that whoever dies meanwhile, either the file is whole and there is no mark, or the mark is there, or the
   * file is empty and the writers are still held.
   * @throws Error when the writers were let go already (the pause was too long): the file is whole
   */
  cut(target: { readonly file: string; readonly mark: string }): Promise<void>;
}

export interface Pause {
  /** How long it may last, from the first look at the writers to the end of the work; milliseconds. */
  readonly atMostMs: number;
  /** Called before anybody is stopped, and again before each writer found later: to be on record when it returns. */
  record(held: Held): void;
  /** Done while nobody writes. The writers go on when it is over, whether it called `cut`, threw, or took too long. */
  work(stillness: Stillness): Promise<void>;
}

/**
 * Holds every writer of one log still for as long as `work` takes, within the pause's time. Rejects with what `work` threw, or
 * with the reason when not all writers could be stopped; then `work` was not begun.
 */
export type HoldStill = (pause: Pause) => Promise<void>;
