// Finds the subscribers that an event may concern without asking each of them.
import { EVENT_TYPES, type EventType, matchEventType } from "../../protocol/events.js";
import { isGlob } from "../../protocol/names.js";
import type { EventFilter, Forgotten } from "./event-memory.js";

/**
 * With a thousand agents and as many connections that follow one of them each, holding every event against every
 * subscription would be a million comparisons for each start. Each subscriber stands in one of the three: by the agents it
 * names, else by the types it listens to, else among those that are asked about everything.
 */
export class SubscriberIndex<S extends { readonly filter: EventFilter }> {
  readonly #byAgent = new Map<string, Set<S>>();
  readonly #byType = new Map<EventType, Set<S>>();
  readonly #others = new Set<S>();

  add(subscriber: S): void {
    const { agents, types } = subscriber.filter;
    if (areNames(agents)) for (const agent of agents) placeIn(this.#byAgent, agent).add(subscriber);
    else if (types !== undefined) for (const type of typesOf(types)) placeIn(this.#byType, type).add(subscriber);
    else this.#others.add(subscriber);
  }

  delete(subscriber: S): void {
    const { agents, types } = subscriber.filter;
    if (areNames(agents)) for (const agent of agents) removeFrom(this.#byAgent, agent, subscriber);
    else if (types !== undefined) for (const type of typesOf(types)) removeFrom(this.#byType, type, subscriber);
    else this.#others.delete(subscriber);
  }

  /** Tells everybody whose filter lets the event through, and some others, once each. */
  tell({ type, agent }: Forgotten["event"], told: (subscriber: S) => void): void {
    if (agent !== null) this.#byAgent.get(agent)?.forEach(told);
    this.#byType.get(type)?.forEach(told);
    this.#others.forEach(told);
  }
}

function areNames(agents: readonly string[] | undefined): agents is readonly string[] {
  return agents !== undefined && !agents.some(isGlob);
}

function typesOf(patterns: readonly string[]): readonly EventType[] {
  return EVENT_TYPES.filter((type) => patterns.some((pattern) => matchEventType(pattern, type)));
}

function placeIn<K, S>(index: Map<K, Set<S>>, key: K): Set<S> {
  const known = index.get(key);
  if (known !== undefined) return known;
  const fresh = new Set<S>();
  index.set(key, fresh);
  return fresh;
}

function removeFrom<K, S>(index: Map<K, Set<S>>, key: K, subscriber: S): void {
  const subscribers = index.get(key);
  subscribers?.delete(subscriber);
  if (subscribers?.size === 0) index.delete(key);
}
