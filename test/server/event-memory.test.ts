// What a subscriber that comes back is told, compared with a memory that forgets nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLegacy, parseLegacy } from "../../src/server/event-legacy.js";
import { type EventFilter, EventMemory, type Numbered, passes } from "../../src/server/event-memory.js";

const KEEP = 5;
const AGENTS = ["a", "b", "team/c"];

function numbered(seq: number, agent: string | null): Numbered {
  const type = agent === null ? "daemon.recovered" : "agent.stopped";
  const members = { seq, at: "2026-03-01T08:00:00.000Z", type, ...(agent === null ? {} : { agent }), data: {} };
  return { seq, event: { type, agent }, json: JSON.stringify(members).slice(1) };
}

/** A daemon's life: the events it has, and whether it leaves them to the next. */
interface Life {
  readonly events: readonly (string | null)[];
  readonly ends: "planned" | "killed";
}

const life: fc.Arbitrary<Life> = fc.record({
  events: fc.array(fc.constantFrom(null, ...AGENTS), { maxLength: 30 }),
  ends: fc.constantFrom("planned", "planned", "killed"),
});

const filter: fc.Arbitrary<EventFilter> = fc.constantFrom<EventFilter>(
  {},
  { types: ["agent.*"] },
  { types: ["daemon.*"] },
  { agents: ["team/*"] },
  { types: ["agent.stopped"], agents: ["a", "b"] },
);

/** Lives the lives one after the other; each daemon begins its numbers well above the last one's. */
function afterLives(lives: readonly Life[]) {
  const all: Numbered[] = [];
  let memory = new EventMemory({ keep: () => KEEP, began: 1_000, legacy: null });
  let seq = 1_000;
  let knownFrom = seq;
  for (const { events, ends } of lives) {
    for (const agent of events) {
      const event = numbered(++seq, agent);
      all.push(event);
      memory.add(event);
    }
    const legacy = ends === "planned" ? parseLegacy(formatLegacy(memory.legacy(seq))) : null;
    if (ends === "planned") expect(legacy).not.toBeNull();
    seq += 1_000;
    if (legacy === null) knownFrom = seq;
    memory = new EventMemory({ keep: () => KEEP, began: seq, legacy });
  }
  return { all, memory, last: seq, knownFrom };
}

describe("what is told to a subscriber that comes back", () => {
  it("is every event it asked for, or that some may be missing, but never that when none is", () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 6 }), filter, fc.nat(), (lives, wish, pick) => {
        const { all, memory, last, knownFrom } = afterLives(lives);
        const since = [1_000, ...all.map(({ seq }) => seq), last][pick % (all.length + 2)] ?? last;
        const owed = all.filter(({ seq, event }) => seq > since && passes(wish, event));
        const told = memory.after(since).filter(({ event }) => passes(wish, event));
        if (!memory.isCompleteAfter(since, last, wish)) {
          // After a crash nobody knows what there was.
          expect(since < knownFrom || told.length < owed.length).toBe(true);
          expect(owed.slice(owed.length - told.length)).toEqual(told);
        } else expect(told).toEqual(owed);
      }),
    );
  });

  it("is that something is missing when it asks from a number that no daemon it could know has given", () => {
    const { memory, last } = afterLives([{ events: ["a"], ends: "planned" }]);
    expect(memory.isCompleteAfter(1_001, last, {})).toBe(true);
    expect(memory.isCompleteAfter(1_002, last, {})).toBe(false);
    expect(memory.isCompleteAfter(last, last, {})).toBe(true);
    expect(memory.isCompleteAfter(last + 1, last, {})).toBe(false);
  });

  it("stays true when there were more kinds of events than are remembered", () => {
    const memory = new EventMemory({ keep: () => 1, began: 0, legacy: null });
    for (let seq = 1; seq <= 25_000; seq++) memory.add(numbered(seq, `agent-${seq}`));
    expect(memory.isCompleteAfter(1, 25_000, { agents: ["agent-2"] })).toBe(false);
    expect(memory.isCompleteAfter(24_000, 25_000, { agents: ["agent-2"] })).toBe(true);
    expect(memory.legacy(25_000).forgotten.length).toBeLessThanOrEqual(10_000);
  });
});

describe("what a daemon leaves of its events", () => {
  const { memory, last } = afterLives([{ events: [...AGENTS, null, ...AGENTS, null, "a"], ends: "planned" }]);
  const legacy = memory.legacy(last);
  const text = formatLegacy(legacy);

  it("is read back as it was", () => {
    expect(parseLegacy(text)).toEqual(legacy);
  });

  it("is not used at all when it was cut off anywhere", () => {
    for (let length = 0; length < text.length; length++) expect(parseLegacy(text.slice(0, length))).toBeNull();
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "garbage\n"],
    ["another version", text.replace('"version":1', '"version":2')],
    ["an unknown type", text.replaceAll("agent.stopped", "agent.exploded")],
    ["data of another shape", text.replaceAll("agent.stopped", "agent.exited")],
    ["a name that is none", text.replaceAll('"team/c"', '"../c"')],
    ["a line twice", text.replace(/(\n.*)(\n.*)\n$/, "$1$1\n")],
    ["events beyond the last", text.replace(`"seq":${last}`, '"seq":1001')],
    ["a number that cannot grow", text.replace(`"seq":${last}`, `"seq":${Number.MAX_SAFE_INTEGER}`)],
    ["a time that is none", text.replaceAll("2026-03-01", "yesterday")],
  ])("is not used at all when it holds %s", (_what, damaged) => {
    expect(damaged).not.toBe(text);
    expect(parseLegacy(damaged)).toBeNull();
  });

  it("reaches clients only as far as it was checked", () => {
    const injected = text.replaceAll('"data":{}', '"data":{},"subscription":"7"');
    expect(parseLegacy(injected)?.events).toEqual(legacy.events);
  });
});
