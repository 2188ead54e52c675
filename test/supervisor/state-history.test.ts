// What is remembered of an hour, compared with a memory that forgets nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Status } from "../../src/supervisor/machine.js";
import {
  changesOf,
  HISTORY_MS,
  noteState,
  readHistory,
  type StateHistory,
} from "../../src/supervisor/state-history.js";

const MINUTE_MS = 60_000;
const STATUSES: readonly Status[] = ["stopped", "starting", "running", "stopping", "backoff", "failed"];

interface Step {
  readonly status: Status;
  /** Time since the step before, in milliseconds. */
  readonly afterMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  status: fc.constantFrom(...STATUSES),
  afterMs: fc.oneof(fc.nat(1_000), fc.nat(MINUTE_MS), fc.nat(2 * HISTORY_MS)),
});
const steps = fc.array(step, { minLength: 1, maxLength: 300 });

/** Lives through the steps; `all` is every moment at which a state was entered. */
function live(steps: readonly Step[]) {
  const all: { readonly status: Status; readonly at: number }[] = [];
  let history: StateHistory = [];
  let now = 0;
  for (const { status, afterMs } of steps) {
    now += afterMs;
    if (all.at(-1)?.status !== status) all.push({ status, at: now });
    history = noteState(history, status, now);
  }
  return { all, history, now };
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);

describe("the history of states", () => {
  it("tells for each minute of the last hour which states were entered in it, and which one it ended with", () => {
    fc.assert(
      fc.property(steps, fc.nat(HISTORY_MS / 2), (steps, laterMs) => {
        const { all, history, now } = live(steps);
        const told = changesOf(history, now + laterMs);
        const within = told.filter(({ at }) => minuteOf(at) > minuteOf(now + laterMs) - 60);
        for (const { at, states } of within) {
          const entered = all.filter((each) => minuteOf(each.at) === minuteOf(at)).map(({ status }) => status);
          expect(new Set(states)).toEqual(new Set(entered));
          expect(states.at(-1)).toBe(entered.at(-1));
        }
        const minutes = new Set(all.map(({ at }) => minuteOf(at)));
        const recent = [...minutes].filter((minute) => minute > minuteOf(now + laterMs) - 60);
        expect(told.map(({ at }) => minuteOf(at))).toEqual(expect.arrayContaining(recent));
      }),
    );
  });

  it("ends with the state of now, and begins with the one an hour ago if there was one", () => {
    fc.assert(
      fc.property(steps, fc.nat(2 * HISTORY_MS), (steps, laterMs) => {
        const { all, history, now } = live(steps);
        const told = changesOf(history, now + laterMs);
        expect(told.at(-1)?.states.at(-1)).toBe(all.at(-1)?.status);
        const hourAgo = now + laterMs - HISTORY_MS;
        const before = all.filter(({ at }) => minuteOf(at) <= minuteOf(hourAgo)).at(-1);
        if (before === undefined) return;
        expect(told[0]).toMatchObject({ at: hourAgo });
        expect(told[0]?.states.at(-1)).toBe(before.status);
      }),
    );
  });

  it("takes a number a minute at most, and none while nothing changes", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const { history, now } = live(steps);
        expect(history.length).toBeLessThanOrEqual(61);
        const { status } = steps.at(-1) ?? { status: "stopped" };
        expect(noteState(history, status, now + MINUTE_MS)).toBe(history);
      }),
    );
  });

  it("is read from a record as it was written", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const { history } = live(steps);
        expect(readHistory(JSON.parse(JSON.stringify(history)))).toEqual(history);
      }),
    );
  });

  it.each([undefined, null, "x", [1.5], [-1], ["x"], [7], [2_050, 2_050], [4_098, 2_050]])(
    "is none when the record says %j",
    (damaged) => expect(readHistory(damaged)).toEqual([]),
  );
});
