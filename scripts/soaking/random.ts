// Chance that can be repeated: every draw follows from a seed and from what was drawn before.
import { createHash } from "node:crypto";

export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A source of its own, so that what one part of the soak draws does not depend on how often another does. */
  of(part: string): Random {
    return new Random(`${this.#seed}/${part}`);
  }

  /** In [0, 1). */
  next(): number {
    const digest = createHash("sha256")
      .update(`${this.#seed}#${++this.#drawn}`)
      .digest();
    return digest.readUInt32BE() / 2 ** 32;
  }

  /** A whole number; both bounds can come out. */
  integer({ min, max }: { readonly min: number; readonly max: number }): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError when there is nothing to pick from */
  pick<T>(choices: readonly T[]): T {
    const index = Math.floor(this.next() * choices.length);
    if (index >= choices.length) throw new RangeError("nothing to pick from");
    return choices[index] as T;
  }

  /** Milliseconds up to a maximum: half of the time any of them, and otherwise mostly a few, where faults hide. */
  momentMs(maxMs: number): number {
    const atMostMs = this.chance(0.5) ? maxMs : maxMs ** this.next();
    return atMostMs * this.next();
  }
}
