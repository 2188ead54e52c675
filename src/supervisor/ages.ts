// Ages that go on evenly although somebody sets the clock: the date is asked once for each, then time is counted.
import type { Clock } from "./clock.js";

export class Ages {
  readonly #clock: Pick<Clock, "mono" | "wall">;
  /** Monotonic times at which each was of no age. */
  readonly #born = new Map<string, number>();

  constructor(clock: Pick<Clock, "mono" | "wall">) {
    this.#clock = clock;
  }

  /** Something is so old now, in milliseconds. */
  begin(id: string, ageMs: number): void {
    this.#born.set(id, this.#clock.mono() - ageMs);
  }

  /** Its age in milliseconds; what was not begun here is as old as the date says when it is asked for first. */
  of(id: string, since: number): number {
    if (!this.#born.has(id)) this.begin(id, this.#clock.wall() - since);
    return this.#clock.mono() - (this.#born.get(id) ?? 0);
  }

  forget(id: string): void {
    this.#born.delete(id);
  }
}
