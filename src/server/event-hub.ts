// Numbers events, keeps the recent ones, and brings each to the connections that asked for it.
import { type HearthEvent, matchEventType } from "../../protocol/events.js";
import { matchGlob } from "../../protocol/names.js";
import type { Peer } from "./peer.js";

/** Which events a subscriber wants; an absent list lets all through. */
export interface EventFilter {
  readonly types?: readonly string[] | undefined;
  readonly agents?: readonly string[] | undefined;
}

/** An event as it is kept: its number, and the JSON text of all of its members but the subscription. */
interface Numbered {
  readonly seq: number;
  readonly event: HearthEvent;
  readonly json: string;
}

interface Subscriber {
  readonly id: string;
  readonly peer: Peer;
  readonly filter: EventFilter;
  missed: number;
}

export class EventHub {
  readonly #recent: Numbered[] = [];
  readonly #subscribers = new Set<Subscriber>();
  readonly #now: () => number;
  readonly #keep: number;
  #seq: number;

  /**
   * @param options.now unix milliseconds; numbers begin at a thousand times that, so that they grow across daemons too
   * @param options.keep events kept for those who ask for `since`
   */
  constructor(options: { readonly now: () => number; readonly keep: number }) {
    this.#now = options.now;
    this.#keep = options.keep;
    this.#seq = options.now() * 1_000;
  }

  /** The number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  publish(event: HearthEvent): void {
    const seq = ++this.#seq;
    const { type, agent, data } = event;
    const members = { seq, at: new Date(this.#now()).toISOString(), type, ...(agent === null ? {} : { agent }), data };
    const numbered: Numbered = { seq, event, json: JSON.stringify(members).slice(1) };
    this.#recent.push(numbered);
    if (this.#recent.length > 2 * this.#keep) this.#recent.splice(0, this.#recent.length - this.#keep);
    for (const subscriber of this.#subscribers) this.#deliver(subscriber, numbered);
  }

  /**
   * Brings events to a peer from now on, and first those after `since` that are still kept; when some are not, the
   * subscriber is told that it missed an unknown number.
   * @returns what ends it
   */
  subscribe(peer: Peer, id: string, wish: EventFilter & { readonly since?: number | undefined }): () => void {
    const subscriber: Subscriber = { id, peer, filter: wish, missed: 0 };
    const since = wish.since ?? this.#seq;
    // The answer with the subscription's id goes out before its first event.
    setImmediate(() => {
      this.#catchUp(subscriber, since);
      if (!peer.gone.aborted) this.#subscribers.add(subscriber);
    });
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  #catchUp(subscriber: Subscriber, since: number): void {
    const first = this.#recent[0]?.seq ?? this.#seq + 1;
    if (since > this.#seq || since < first - 1) {
      subscriber.peer.notify("events.lagged", { subscription: subscriber.id, missed: null });
    }
    for (const numbered of this.#recent) if (numbered.seq > since) this.#deliver(subscriber, numbered);
  }

  #deliver(subscriber: Subscriber, { event, json }: Numbered): void {
    const { peer, filter } = subscriber;
    if (!passes(filter, event)) return;
    if (peer.isLagging) {
      if (subscriber.missed++ === 0) peer.whenDrained(() => this.#tellMissed(subscriber));
      return;
    }
    peer.notifyText("event", `{"subscription":${JSON.stringify(subscriber.id)},${json}`);
  }

  #tellMissed(subscriber: Subscriber): void {
    subscriber.peer.notify("events.lagged", { subscription: subscriber.id, missed: subscriber.missed });
    subscriber.missed = 0;
  }
}

function passes({ types, agents }: EventFilter, { type, agent }: HearthEvent): boolean {
  if (types !== undefined && !types.some((filter) => matchEventType(filter, type))) return false;
  return agents === undefined || (agent !== null && agents.some((pattern) => matchGlob(pattern, agent)));
}
