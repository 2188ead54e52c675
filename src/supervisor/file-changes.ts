// Makes one restart of many changes: waits until files are quiet, and longer for an agent that changes them itself.
import type { Clock } from "./clock.js";

/** A change this soon after a session's start may well be the session's own, in milliseconds. */
const OWN_WITHIN_MS = 2_000;
/** What is doubled at least, in milliseconds. */
const SHORTEST_MS = 100;
/** The longest wait for an agent that seems to change its own files, in milliseconds. */
const LONGEST_MS = 60_000;
/** As many sessions in a row whose files changed as soon as they began may be somebody who saves often. */
const UNSUSPICIOUS = 2;

/**
 * How long files must be quiet. An agent that writes where it is watched would be restarted without end: `ownChanges`
 * sessions in a row had their files changed as soon as they began, and after the first few each doubles the wait.
 */
export function quietMs(debounceMs: number, ownChanges: number): number {
  if (ownChanges <= UNSUSPICIOUS) return debounceMs;
  const doubled = Math.max(debounceMs, SHORTEST_MS) * 2 ** (ownChanges - UNSUSPICIOUS);
  return Math.max(debounceMs, Math.min(doubled, LONGEST_MS));
}

export interface FileChangesWorld {
  readonly clock: Clock;
  readonly debounceMs: number;
  /** When the present session began, by the monotonic clock; null while there is none. */
  startedMono(): number | null;
  /** Files have been quiet; `first` is the path that changed first, `count` how many did. */
  due(first: string, count: number): Promise<void>;
  /** It seems that the agent changes this file itself. */
  suspected(path: string): void;
}

/** The changes below what one agent watches. */
export class FileChanges {
  readonly #world: FileChangesWorld;
  /** Since files were quiet last. */
  readonly #changed = new Set<string>();
  #ownChanges = 0;
  #cancel: () => void = () => {};

  constructor(world: FileChangesWorld) {
    this.#world = world;
  }

  changed(path: string): void {
    if (this.#changed.size === 0) this.#judge(path);
    this.#changed.add(path);
    this.#cancel();
    const waitMs = quietMs(this.#world.debounceMs, this.#ownChanges);
    this.#cancel = this.#world.clock.after(waitMs, () => this.#quiet());
  }

  /** Restarts nothing until there is a further change: what the agent needs is not there. */
  hold(): void {
    this.#cancel();
  }

  #judge(path: string): void {
    const startedMono = this.#world.startedMono();
    const isOwn = startedMono !== null && this.#world.clock.mono() - startedMono < OWN_WITHIN_MS;
    this.#ownChanges = isOwn ? this.#ownChanges + 1 : 0;
    if (this.#ownChanges === UNSUSPICIOUS + 1) this.#world.suspected(path);
  }

  #quiet(): void {
    const [first = ""] = this.#changed;
    const { size } = this.#changed;
    this.#changed.clear();
    void this.#world.due(first, size);
  }
}
