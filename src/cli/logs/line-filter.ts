// Which lines of a log are wanted.

export interface LineFilter {
  /** The last of those that are left; null: all of them. */
  readonly lines: number | null;
  /** None that was written before, in unix milliseconds; null: from the beginning. */
  readonly sinceMs: number | null;
  /** Only those that match. */
  readonly pattern: RegExp | null;
}
