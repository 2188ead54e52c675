import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVENT_TYPES } from "../../protocol/events.js";
import { type EventFilter, passes } from "../../src/server/event-memory.js";
import { SubscriberIndex } from "../../src/server/subscriber-index.js";

const name = fc.constantFrom("a", "b", "team/a");
const pattern = fc.oneof(name, fc.constantFrom("*", "team/*", "**"));
const type = fc.constantFrom("agent.running", "agent.exited", "beat", "daemon.started", "lifecycle.done");
const typePattern = fc.oneof(type, fc.constantFrom("*", "agent.*", "lifecycle.*"));
const filter: fc.Arbitrary<EventFilter> = fc.record({
  types: fc.option(fc.array(typePattern, { maxLength: 3 }), { nil: undefined }),
  agents: fc.option(fc.array(pattern, { maxLength: 3 }), { nil: undefined }),
});
const event = fc.record({ type: type.map((each) => each as (typeof EVENT_TYPES)[number]), agent: fc.option(name) });

type Subscriber = { readonly filter: EventFilter };

function toldOf(index: SubscriberIndex<Subscriber>, happened: Parameters<typeof index.tell>[0]): Subscriber[] {
  const told: Subscriber[] = [];
  index.tell(happened, (subscriber) => told.push(subscriber));
  return told;
}

describe("an index of subscribers", () => {
  it("finds everybody whose filter lets an event through, once, and nobody who has left", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(filter, fc.boolean())), event, (subscribers, happened) => {
        const index = new SubscriberIndex<Subscriber>();
        const all = subscribers.map(([wish, stays]) => ({ filter: wish, stays }));
        for (const each of all) index.add(each);
        for (const each of all) if (!each.stays) index.delete(each);
        const found = toldOf(index, happened);
        expect(new Set(found).size).toBe(found.length);
        const heard = (each: Subscriber): boolean => passes(each.filter, happened);
        const meant = all.filter((each) => each.stays && heard(each));
        expect(new Set(found.filter(heard))).toEqual(new Set(meant));
        expect(all.filter((each) => !each.stays).some((each) => found.includes(each))).toBe(false);
      }),
    );
  });

  it("leaves out those who follow other agents, or other types of events", () => {
    const index = new SubscriberIndex<Subscriber>();
    for (let each = 0; each < 100; each++) index.add({ filter: { agents: [`agent-${each}`] } });
    for (const only of EVENT_TYPES) index.add({ filter: { types: [only] } });
    expect(toldOf(index, { type: "agent.running", agent: "agent-7" })).toEqual([
      { filter: { agents: ["agent-7"] } },
      { filter: { types: ["agent.running"] } },
    ]);
  });
});
