// A record is read as it was written, or not at all.
import fc from "fast-check";
import { expect, test } from "vitest";
import { readAgentRecord } from "../../src/supervisor/agent-record.js";
import { INITIAL_STATE } from "../../src/supervisor/machine.js";

const IDENTITY = { pid: 7, start: "1", boot: "b", init: "1" };
const EXIT = { code: 1, signal: null, at: 5, reason: "exited with code 1" };
const FULL = {
  state: {
    ...INITIAL_STATE,
    status: "stopping",
    wanted: "up",
    incarnation: 4,
    session: { kind: "tmux", identity: IDENTITY, startedAt: 1, tokenHash: "0f" },
    startedMono: 1.5,
    failures: [1, 2],
    deadline: 3,
    lastExit: EXIT,
    sequel: { kind: "failure", clean: false, reason: null },
  },
  reservedThrough: 100,
};

test("the record of an agent in any state is what was written", () => {
  for (const record of [FULL, { state: INITIAL_STATE, reservedThrough: 0 }]) {
    expect(readAgentRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  }
});

test.each(Object.keys(FULL.state))("a record whose %s is missing or of another kind is none", (field) => {
  const { [field]: _, ...rest } = FULL.state as Record<string, unknown>;
  expect(readAgentRecord({ ...FULL, state: rest })).toBeNull();
  for (const wrong of [{}, "other", -1.5, [{}]]) {
    // A time may be any number.
    if (typeof wrong === "number" && ["startedMono", "deadline"].includes(field)) continue;
    expect(readAgentRecord({ ...FULL, state: { ...FULL.state, [field]: wrong } })).toBeNull();
  }
});

test("nothing else is a record, and none of it throws", () => {
  const isNone = (value: unknown): boolean => readAgentRecord(value) === null;
  fc.assert(fc.property(fc.jsonValue(), isNone));
  fc.assert(fc.property(fc.jsonValue(), (state) => isNone({ state, reservedThrough: 1 })));
});
