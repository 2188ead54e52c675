// What a session leaves for its successor: kept on disk, offered until a later session has taken it.
import { statSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HearthEvent } from "../../protocol/events.js";
import { writeFileAtomic } from "../storage/atomic-file.js";
import type { Store } from "../storage/store.js";
import { onDisk } from "./on-disk.js";

/** Handoffs of one agent that stay on disk. */
const KEPT = 10;

/** The latest offer to an agent, as the journal keeps it. */
export interface Offer {
  readonly file: string;
  readonly fromIncarnation: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** The incarnation that took it; null while it waits for one. */
  readonly takenBy: number | null;
}

export interface Handoff {
  readonly handoff: string;
  readonly fromIncarnation: number;
  readonly at: number;
}

export interface HandoffsOptions {
  /** `handoffs/` of the home. */
  readonly directory: string;
  readonly store: Store;
  readonly now: () => number;
  announce(event: HearthEvent): void;
}

export class Handoffs {
  readonly #options: HandoffsOptions;
  /** Who waits for an agent to leave something. */
  readonly #arrivals = new Map<string, Set<() => void>>();
  /** Files that are still to be offered: they stay, however many come after them. */
  readonly #held = new Set<string>();
  /** The last turn that was asked for, of each agent that has one under way. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #last = 0;

  constructor(options: HandoffsOptions) {
    this.#options = options;
  }

  /**
   * A session leaves a handoff for the next one; it is on disk when this resolves.
   * @throws HearthError `storage-unavailable`
   */
  async leave(agent: string, text: string, incarnation: number): Promise<void> {
    await this.inTurn(agent, async () => this.offer(agent, await onDisk(this.keep(agent, text)), incarnation));
    await onDisk(this.#options.store.durable());
  }

  /**
   * Settles as `work` does, which begins when all that was asked for before it, for the same agent, is over. So what
   * takes longest to write is not the latest for that, and no session begins without what was left before.
   */
  async inTurn<T>(agent: string, work: () => T | Promise<T>): Promise<T> {
    const turn = Promise.resolve(this.#turns.get(agent)).then(work, work);
    this.#turns.set(agent, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(agent) === turn) this.#turns.delete(agent);
    }
  }

  /** Writes a handoff to disk and returns its file; nobody is offered it yet. Rejects with the system's error. */
  async keep(agent: string, text: string): Promise<string> {
    const { directory, now } = this.#options;
    // Above every other, or a clock that was set back would make the latest the first to go.
    const newest = numberOf(agent, (await this.#filesOf(agent)).at(-1) ?? prefix(agent));
    this.#last = Math.max(this.#last + 1, newest + 1, now());
    const file = join(directory, `${prefix(agent)}${this.#last}.md`);
    await writeFileAtomic(file, text, { mode: 0o600 });
    this.hold(file);
    await this.#removeOld(agent);
    return file;
  }

  /** Keeps a file until it is offered, or let go. */
  hold(file: string): void {
    this.#held.add(file);
  }

  letGo(file: string): void {
    this.#held.delete(file);
  }

  read(file: string): Promise<string> {
    return readFile(file, "utf8");
  }

  /** Offers a kept handoff to the sessions after `fromIncarnation`, in place of an earlier offer. */
  offer(agent: string, file: string, fromIncarnation: number): void {
    const offer: Offer = { file, fromIncarnation, at: this.#options.now(), takenBy: null };
    this.#options.store.put("handoff", agent, offer);
    this.letGo(file);
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    this.#options.announce({ type: "handoff.stored", agent, data: { fromIncarnation, bytes } });
    for (const arrived of this.#arrivals.get(agent) ?? []) arrived();
    this.#arrivals.delete(agent);
  }

  /** Resolves when the agent has left a handoff, or its time is up. */
  async arrival(agent: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const arrived = this.#arrivals.get(agent) ?? new Set();
      this.#arrivals.set(agent, arrived.add(resolve));
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** The file the next session is told of; null when nothing waits. */
  waiting(agent: string): string | null {
    const offer = this.#offerTo(agent);
    return offer === null || offer.takenBy !== null ? null : offer.file;
  }

  /** What a session may still read: what waits, or what it has taken itself; for the operator, the latest. */
  async get(agent: string, incarnation: number | null): Promise<Handoff | null> {
    const offer = this.#offerTo(agent);
    if (offer === null) return null;
    if (incarnation !== null && offer.takenBy !== null && offer.takenBy !== incarnation) return null;
    const { file, fromIncarnation, at } = offer;
    return { handoff: await this.read(file), fromIncarnation, at };
  }

  /** A session that began after the offer has taken it: the next one won't find it. */
  take(agent: string, incarnation: number): void {
    const offer = this.#offerTo(agent);
    if (offer === null || offer.takenBy !== null || incarnation <= offer.fromIncarnation) return;
    this.#options.store.put("handoff", agent, { ...offer, takenBy: incarnation } satisfies Offer);
    const { fromIncarnation } = offer;
    this.#options.announce({ type: "handoff.taken", agent, data: { fromIncarnation, incarnation } });
  }

  /** A fresh start: what waits is not offered any more. The file stays among the last ten. */
  discard(agent: string): void {
    if (this.#offerTo(agent) !== null) this.#options.store.put("handoff", agent, null);
  }

  #offerTo(agent: string): Offer | null {
    return (this.#options.store.entries("handoff").get(agent) as Offer | undefined) ?? null;
  }

  async #removeOld(agent: string): Promise<void> {
    const { directory } = this.#options;
    const old = (await this.#filesOf(agent)).slice(0, -KEPT);
    const unused = old.map((name) => join(directory, name)).filter((file) => !this.#isInUse(agent, file));
    await Promise.all(unused.map((file) => rm(file, { force: true })));
  }

  /** Names of the files of an agent, the oldest first. */
  async #filesOf(agent: string): Promise<readonly string[]> {
    const own = (await readdir(this.#options.directory)).filter((name) => name.startsWith(prefix(agent)));
    return own.sort((a, b) => numberOf(agent, a) - numberOf(agent, b));
  }

  #isInUse(agent: string, file: string): boolean {
    return this.#held.has(file) || this.#offerTo(agent)?.file === file;
  }
}

/** `gastown/witness` keeps `gastown%2Fwitness@1700000000000.md`; no agent's name has an `@` in it. */
function prefix(agent: string): string {
  return `${agent.replaceAll("/", "%2F")}@`;
}

/** The number in the name of a file; 0 when there is none. */
function numberOf(agent: string, name: string): number {
  return Number.parseInt(name.slice(prefix(agent).length), 10) || 0;
}
