// The last few of a great many things, without keeping the others.

export class LastFew<T> {
  readonly #count: number;
  #kept: T[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  push(items: readonly T[]): void {
    for (const item of items) this.#kept.push(item);
    // Now and then, so that it costs little for each.
    if (this.#kept.length > 2 * this.#count + 1_000) this.#kept = this.all();
  }

  /** The oldest first. */
  all(): T[] {
    return this.#count === 0 ? [] : this.#kept.slice(-this.#count);
  }
}
