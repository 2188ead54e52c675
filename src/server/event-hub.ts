// Numbers events, and brings each to the connections that asked for it.
import type { EventRecord, HearthEvent } from "../../protocol/events.js";
import { Announcement } from "./announcement.js";
import { type EventFilter, type EventLegacy, EventMemory, type Numbered, passes } from "./event-memory.js";
import type { Peer } from "./peer.js";
import { SubscriberIndex } from "./subscriber-index.js";

interface Subscriber {
  readonly id: string;
  readonly peer: Peer;
  readonly filter: EventFilter;
  missed: number;
  ended: boolean;
}

/** Numbers that no event before may have had, across daemons that were killed and a clock that was set back. */
export interface EventNumbers {
  /** An earlier daemon may have used any number up to this one. */
  readonly after: number;
  /** To be remembered for the next daemon before this returns. */
  reserve(through: number): void;
}

/** Numbers are reserved so many at a time. */
const RESERVED_AT_ONCE = 10_000;

/** Its text is made when somebody wants it first: most events of a busy daemon are for nobody. */
class Published implements Numbered {
  readonly seq: number;
  readonly event: Numbered["event"];
  readonly #at: number;
  /** Null once there is the text, which says it all. */
  #source: HearthEvent | null;
  #json = "";

  /** @param options.at unix milliseconds */
  constructor(event: HearthEvent, { seq, at }: { readonly seq: number; readonly at: number }) {
    this.seq = seq;
    this.event = { type: event.type, agent: event.agent };
    this.#at = at;
    this.#source = event;
  }

  get json(): string {
    if (this.#source !== null) this.#json = this.#textOf(this.#source);
    this.#source = null;
    return this.#json;
  }

  #textOf({ type, agent, data }: HearthEvent): string {
    const { seq } = this;
    const at = new Date(this.#at).toISOString();
    const members = agent === null ? { seq, at, type, data } : { seq, at, type, agent, data };
    return JSON.stringify(members).slice(1);
  }
}

export class EventHub {
  readonly #memory: EventMemory;
  readonly #subscribers = new SubscriberIndex<Subscriber>();
  readonly #listeners = new Set<(event: HearthEvent) => void>();
  readonly #now: () => number;
  readonly #numbers: EventNumbers;
  #seq: number;
  #reservedThrough: number;
  #sealed = false;

  /**
   * @param options.now unix milliseconds; numbers begin at a thousand times that, if it is above all there were
   * @param options.keep events kept for those who ask for `since`; looked at for each one
   * @param options.legacy what the previous daemon's hub left; its numbers are gone on from
   */
  constructor(options: {
    readonly now: () => number;
    readonly keep: () => number;
    readonly legacy: EventLegacy | null;
    readonly numbers: EventNumbers;
  }) {
    const { now, keep, legacy, numbers } = options;
    this.#now = now;
    this.#numbers = numbers;
    // What was handed over tells exactly where the previous daemon stopped.
    this.#seq = Math.max(now() * 1_000, legacy?.seq ?? numbers.after);
    this.#reservedThrough = this.#seq;
    this.#memory = new EventMemory({ keep, legacy, began: this.#seq });
  }

  /** The number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  publish(event: HearthEvent): void {
    if (this.#sealed) return;
    const numbered = new Published(event, { seq: this.#nextNumber(), at: this.#now() });
    this.#memory.add(numbered);
    let announcement: Announcement | null = null;
    this.#subscribers.tell(event, (subscriber) => {
      announcement ??= new Announcement(numbered);
      this.#deliver(subscriber, event, announcement);
    });
    for (const listener of this.#listeners) listener(event);
  }

  /** Tells something within the daemon of every event from now on. Returns what ends it. */
  listen(listener: (event: HearthEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The latest events that are still kept, in order. */
  latest(limit: number, filter: EventFilter): EventRecord[] {
    return this.#memory.latest(limit, filter).map(({ json }) => JSON.parse(`{${json}`) as EventRecord);
  }

  #nextNumber(): number {
    this.#seq += 1;
    if (this.#seq > this.#reservedThrough) {
      this.#reservedThrough = this.#seq + RESERVED_AT_ONCE;
      this.#numbers.reserve(this.#reservedThrough);
    }
    return this.#seq;
  }

  /** What the next daemon's hub goes on from. There is no event after it: nobody could be told that it was missed. */
  seal(): EventLegacy {
    this.#sealed = true;
    return this.#memory.legacy(this.#seq);
  }

  /**
   * Brings events to a peer from now on, and first those after `since` that are still kept; when some it asked for are
   * not, the subscriber is told that it missed an unknown number.
   * @returns what ends it
   */
  subscribe(peer: Peer, id: string, wish: EventFilter & { readonly since?: number | undefined }): () => void {
    const subscriber: Subscriber = { id, peer, filter: wish, missed: 0, ended: false };
    const since = wish.since ?? this.#seq;
    // The answer with the subscription's id goes out before its first event.
    setImmediate(() => this.#catchUp(subscriber, since));
    return () => {
      subscriber.ended = true;
      this.#subscribers.delete(subscriber);
    };
  }

  /** As fast as the peer reads: what it asked for is kept here anyway, and need not wait to be written to it too. */
  #catchUp(subscriber: Subscriber, since: number): void {
    const { peer } = subscriber;
    if (subscriber.ended) return;
    if (!this.#memory.isCompleteAfter(since, this.#seq, subscriber.filter)) {
      peer.notify("events.lagged", { subscription: subscriber.id, missed: null });
    }
    for (const numbered of this.#memory.after(since)) {
      if (peer.isLagging) {
        peer.whenDrained(() => this.#catchUp(subscriber, numbered.seq - 1));
        return;
      }
      this.#deliver(subscriber, numbered.event, new Announcement(numbered));
    }
    this.#subscribers.add(subscriber);
  }

  #deliver(subscriber: Subscriber, event: Numbered["event"], announcement: Announcement): void {
    const { peer, filter } = subscriber;
    if (!passes(filter, event)) return;
    // Nothing goes out before the word that something before it is missing.
    if (peer.isLagging || subscriber.missed > 0) {
      if (subscriber.missed++ === 0) peer.whenDrained(() => this.#tellMissed(subscriber));
      return;
    }
    peer.announce(subscriber.id, announcement);
  }

  #tellMissed(subscriber: Subscriber): void {
    subscriber.peer.notify("events.lagged", { subscription: subscriber.id, missed: subscriber.missed });
    subscriber.missed = 0;
  }
}
