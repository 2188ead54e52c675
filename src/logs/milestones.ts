// How far a log had come by when: what little is known of the times of lines that carry none.

export interface Milestone {
  /** Unix milliseconds. */
  readonly at: number;
  /** So far it had come by then: an offset in the current file, below zero in its backups. */
  readonly byte: number;
}

/** More are not kept of a log: the older ones lie further apart then. */
const MAX_MILESTONES = 256;

/** Only in memory: a daemon begins without any, and then less is known. */
export class Milestones {
  #passed: Milestone[] = [];

  /** Adds what was just seen: the time, and the size of the current file a moment before. */
  note(at: number, byte: number): void {
    // A clock that was set back, and a file that somebody cut, leave nothing that could be relied on.
    const passed = this.#passed.filter((each) => each.at <= at);
    const last = passed.at(-1);
    this.#passed = last !== undefined && last.byte > byte ? [] : passed;
    // While nothing is written, the first and the latest moment of that say everything.
    if (last?.byte === byte && passed.at(-2)?.byte === byte) this.#passed.pop();
    this.#passed.push({ at, byte });
    if (this.#passed.length > MAX_MILESTONES) this.#thin();
  }

  /** The current file was emptied, or another one begun: what it held, so many bytes, is in backups now. */
  rotated(bytes: number): void {
    this.#passed = this.#passed.map(({ at, byte }) => ({ at, byte: byte - bytes }));
  }

  /** The last that was passed by then: what lies before it was written before. Null when none is known. */
  passedBy(at: number): Milestone | null {
    return this.#passed.findLast((each) => each.at <= at) ?? null;
  }

  #thin(): void {
    const half = this.#passed.length / 2;
    this.#passed = this.#passed.filter((_, index) => index > half || index % 2 === 0);
  }
}
