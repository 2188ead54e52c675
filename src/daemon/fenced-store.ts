// Keeps a daemon from writing to a state that may be another's: once its lock is gone, records wait for a verdict.
//
// A lock is deleted at any moment, also while this process is halted, and a timer may fire before the news of it arrives.
// A line that came late would tell a third daemon that an agent of the second one does not run.
import type { RecordKind, Store } from "../storage/store.js";

export class FencedStore implements Store {
  readonly #store: Store;
  #isOpen: () => boolean;
  /** True from a look that found it open until the records of the same batch have been written. */
  #foundOpen = false;
  #waiting: (() => void)[] = [];

  constructor(store: Store, isOpen: () => boolean) {
    this.#store = store;
    this.#isOpen = isOpen;
  }

  get failing(): boolean {
    return this.#store.failing;
  }

  get damage(): Store["damage"] {
    return this.#store.damage;
  }

  entries(kind: RecordKind): ReadonlyMap<string, unknown> {
    return this.#store.entries(kind);
  }

  put(kind: RecordKind, key: string, value: unknown): void {
    if (this.#isPassable()) this.#store.put(kind, key, value);
    else this.#waiting.push(() => this.#store.put(kind, key, value));
  }

  /** What must be written first, such as a signal or a start, waits too. */
  written(): Promise<void> {
    return this.#isPassable() ? this.#store.written() : this.#passage().then(() => this.#store.written());
  }

  durable(): Promise<void> {
    return this.#isPassable() ? this.#store.durable() : this.#passage().then(() => this.#store.durable());
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** The verdict: nobody else writes. Lets through what waits, and what follows for as long as `isOpen` says so. */
  open(isOpen: () => boolean): void {
    this.#isOpen = isOpen;
    this.#foundOpen = false;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  /** Nothing overtakes what waits. */
  #isPassable(): boolean {
    return this.#waiting.length === 0 && (this.#foundOpen || this.#look());
  }

  /**
   * One look serves all records that the store writes at once, which it does in a microtask queued by the first of them:
   * nothing but this process runs in between, and of records written together none is later than the others.
   */
  #look(): boolean {
    this.#foundOpen = this.#isOpen();
    if (this.#foundOpen) {
      queueMicrotask(() => {
        this.#foundOpen = false;
      });
    }
    return this.#foundOpen;
  }

  #passage(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
