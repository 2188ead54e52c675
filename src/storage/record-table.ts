// The records themselves, in memory: the latest value of every key, a map for each kind.
import type { KeyedValue } from "./record-format.js";

export class RecordTable {
  readonly #kinds = new Map<string, Map<string, unknown>>();

  /** A live view of one kind. */
  entries(kind: string): ReadonlyMap<string, unknown> {
    return this.#kind(kind);
  }

  /** Replaces one value; null removes it. */
  apply({ kind, key, value }: KeyedValue): void {
    if (value === null) this.#kind(kind).delete(key);
    else this.#kind(kind).set(key, value);
  }

  /** Every live record, in the order the keys first came. */
  *[Symbol.iterator](): Iterator<KeyedValue> {
    for (const [kind, entries] of this.#kinds) {
      for (const [key, value] of entries) yield { kind, key, value };
    }
  }

  #kind(kind: string): Map<string, unknown> {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const fresh = new Map<string, unknown>();
    this.#kinds.set(kind, fresh);
    return fresh;
  }
}
