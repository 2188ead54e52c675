// Which recent events are kept, and what is still known of those that are not.
import { type HearthEvent, matchEventType } from "../../protocol/events.js";
import { matchGlob } from "../../protocol/names.js";

/** Which events a subscriber wants; an absent list lets all through. */
export interface EventFilter {
  readonly types?: readonly string[] | undefined;
  readonly agents?: readonly string[] | undefined;
}

/** An event as it is kept: its number, and the JSON text of all of its members but the subscription. */
export interface Numbered {
  readonly seq: number;
  readonly event: Pick<HearthEvent, "type" | "agent">;
  /** Without the opening brace. */
  readonly json: string;
}

/** The last event of one type and agent among those that are no longer kept. */
export type Forgotten = Omit<Numbered, "json">;

/** All that one daemon's memory leaves to the next one's. */
export interface EventLegacy {
  /** The number of the last event. */
  readonly seq: number;
  /** Nothing is known of events up to this number. */
  readonly unknownThrough: number;
  readonly forgotten: readonly Forgotten[];
  /** In order. */
  readonly events: readonly Numbered[];
}

/** Beyond so many types of events of so many agents it is only known when the last one was. */
const MAX_FORGOTTEN = 10_000;

export class EventMemory {
  readonly #keep: () => number;
  /** The number before this daemon's first event. */
  readonly #began: number;
  /** The predecessor's last number; none was given to an event between it and this daemon's first. */
  readonly #inheritedThrough: number;
  readonly #forgotten = new Map<string, Forgotten>();
  readonly #recent: Numbered[];
  #unknownThrough: number;

  /**
   * @param options.keep events kept at least; looked at for each one
   * @param options.began the number before the first event to come, at least that of the legacy's last
   */
  constructor(options: { readonly keep: () => number; readonly began: number; readonly legacy: EventLegacy | null }) {
    const { keep, began, legacy } = options;
    this.#keep = keep;
    this.#began = began;
    this.#inheritedThrough = legacy?.seq ?? began;
    this.#unknownThrough = legacy?.unknownThrough ?? began;
    this.#recent = [...(legacy?.events ?? [])];
    for (const each of legacy?.forgotten ?? []) this.#forget(each);
  }

  add(numbered: Numbered): void {
    this.#recent.push(numbered);
    if (this.#recent.length > 2 * this.#keep()) this.#forgetOldest();
  }

  /** Kept events after a number, in order. */
  after(since: number): readonly Numbered[] {
    return this.#recent.filter(({ seq }) => seq > since);
  }

  /** The latest kept events that a filter lets through, in order. */
  latest(limit: number, filter: EventFilter): readonly Numbered[] {
    const found: Numbered[] = [];
    for (let index = this.#recent.length - 1; index >= 0 && found.length < limit; index--) {
      const each = this.#recent[index];
      if (each !== undefined && passes(filter, each.event)) found.push(each);
    }
    return found.reverse();
  }

  /** False when events after a number that the filter lets through are lost, or may be. `last` is the latest number. */
  isCompleteAfter(since: number, last: number, filter: EventFilter): boolean {
    const isFromElsewhere = since > last || (since > this.#inheritedThrough && since < this.#began);
    if (isFromElsewhere || since < this.#unknownThrough) return false;
    return ![...this.#forgotten.values()].some(({ seq, event }) => seq > since && passes(filter, event));
  }

  /** What the next daemon is to know. */
  legacy(seq: number): EventLegacy {
    this.#forgetOldest();
    const unknownThrough = this.#unknownThrough;
    return { seq, unknownThrough, forgotten: [...this.#forgotten.values()], events: [...this.#recent] };
  }

  #forgetOldest(): void {
    for (const each of this.#recent.splice(0, Math.max(0, this.#recent.length - this.#keep()))) this.#forget(each);
  }

  #forget({ seq, event: { type, agent } }: Forgotten): void {
    if (this.#forgotten.size >= MAX_FORGOTTEN) {
      this.#forgotten.clear();
      this.#unknownThrough = seq;
    }
    this.#forgotten.set(`${type} ${agent ?? ""}`, { seq, event: { type, agent } });
  }
}

/** Whether a filter lets an event through. */
export function passes({ types, agents }: EventFilter, { type, agent }: Forgotten["event"]): boolean {
  if (types !== undefined && !types.some((filter) => matchEventType(filter, type))) return false;
  return agents === undefined || (agent !== null && agents.some((pattern) => matchGlob(pattern, agent)));
}
