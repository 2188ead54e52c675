// Schedules come due once, whatever becomes of the clock.
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Occurrences } from "../../src/config/cron.js";
import { Timetable } from "../../src/supervisor/timetable.js";
import { HandClock } from "./hand-clock.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAILY = { schedule: "daily", zone: null };
/** Midnight, with which "daily" comes. */
const MIDNIGHT = 20_000 * DAY_MS;

const daily: Occurrences = { after: (unixMs) => (Math.floor(unixMs / DAY_MS) + 1) * DAY_MS };

let clock: HandClock;
let due: number[];
let timetable: Timetable;
beforeEach(async () => {
  clock = new HandClock();
  clock.setWall(MIDNIGHT + 12 * HOUR_MS);
  due = [];
  timetable = new Timetable({
    clock,
    read: async () => daily,
    due: () => due.push(clock.wall()),
    report: (_agent, error) => {
      throw error;
    },
  });
  timetable.set("a", DAILY);
  // The schedule has been read.
  await Promise.resolve();
  await Promise.resolve();
});

describe("a schedule", () => {
  it("comes due on the dot, however far ahead that is", () => {
    expect(timetable.nextAt("a")).toBe(MIDNIGHT + DAY_MS);
    clock.pass(3 * DAY_MS);
    expect(due).toEqual([1, 2, 3].map((day) => MIDNIGHT + day * DAY_MS));
  });

  it("that passed several times while the machine slept comes due once, within a minute of its waking", () => {
    clock.setWall(MIDNIGHT + 5 * DAY_MS + HOUR_MS);
    clock.pass(MINUTE_MS);
    expect(due).toHaveLength(1);
    expect(timetable.nextAt("a")).toBe(MIDNIGHT + 6 * DAY_MS);
  });

  it("does not come twice when the clock is set back a little", () => {
    clock.pass(12 * HOUR_MS);
    clock.setWall(MIDNIGHT + DAY_MS - HOUR_MS);
    clock.pass(2 * HOUR_MS);
    expect(due).toEqual([MIDNIGHT + DAY_MS]);
    expect(timetable.nextAt("a")).toBe(MIDNIGHT + 2 * DAY_MS);
  });

  it("follows a clock that was days ahead and is put right", () => {
    clock.setWall(MIDNIGHT + 100 * DAY_MS);
    clock.pass(MINUTE_MS);
    clock.setWall(MIDNIGHT);
    clock.pass(2 * MINUTE_MS);
    expect(timetable.nextAt("a")).toBe(MIDNIGHT + DAY_MS);
  });

  it("never comes due in a burst, whatever the clock is set to", () => {
    const change = fc.record({
      setByMs: fc.integer({ min: -2 * DAY_MS, max: 9 * DAY_MS }),
      passMs: fc.nat(2 * DAY_MS),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        for (const { setByMs, passMs } of changes) {
          const before = due.length;
          clock.setWall(clock.wall() + setByMs);
          clock.pass(passMs);
          expect(due.length - before).toBeLessThanOrEqual(1 + Math.ceil(passMs / DAY_MS));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("that is set again as it is goes on, and one that is taken off needs no timer", () => {
    const { pending } = clock;
    timetable.set("a", { ...DAILY });
    expect([timetable.nextAt("a"), clock.pending]).toEqual([MIDNIGHT + DAY_MS, pending]);
    timetable.set("a", null);
    expect([timetable.nextAt("a"), clock.pending]).toEqual([null, 0]);
  });
});
