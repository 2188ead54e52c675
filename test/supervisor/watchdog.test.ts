import { beforeEach, describe, expect, it } from "vitest";
import { beatDeadline, Watchdog, type WatchPolicy } from "../../src/supervisor/watchdog.js";
import { HandClock } from "./hand-clock.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const POLICY: WatchPolicy = { intervalMs: MINUTE, whenMissed: 3, startupGraceMs: 5 * MINUTE };

let clock: HandClock;
let missed: number[];
beforeEach(() => {
  clock = new HandClock();
  missed = [];
});

function watch(policy: Partial<WatchPolicy> = {}): Watchdog {
  return new Watchdog(clock, { ...POLICY, ...policy }, (intervals) => missed.push(intervals));
}

describe("a watchdog", () => {
  it("waits the startup grace for the first beat, and not longer", () => {
    watch();
    clock.pass(5 * MINUTE - 1);
    expect(missed).toEqual([]);
    clock.pass(1);
    expect(missed).toEqual([3]);
  });

  it("gives a session up when as many intervals as agreed have passed since its last beat", () => {
    const watchdog = watch({ startupGraceMs: 1 });
    watchdog.beat();
    clock.pass(3 * MINUTE - 1);
    watchdog.beat();
    clock.pass(3 * MINUTE - 1);
    expect(missed).toEqual([]);
    clock.pass(1);
    expect(missed).toEqual([3]);
  });

  it("counts intervals from the first beat on, however long the startup grace is", () => {
    const watchdog = watch({ startupGraceMs: HOUR });
    clock.pass(1_000);
    watchdog.beat();
    clock.pass(3 * MINUTE - 1);
    expect(missed).toEqual([]);
    clock.pass(1);
    expect(missed).toEqual([3]);
  });

  it("never gives up a session that beats in every interval", () => {
    const watchdog = watch({ whenMissed: 1 });
    for (let beats = 0; beats < 10_000; beats++) {
      watchdog.beat();
      clock.pass(MINUTE - 1);
    }
    expect(missed).toEqual([]);
  });

  it("tells once", () => {
    watch();
    clock.pass(24 * HOUR);
    expect(missed).toEqual([3]);
  });

  it("has one timer, whatever number of beats comes, and none once it is stopped", () => {
    const watchdog = watch();
    for (let beats = 0; beats < 100; beats++) watchdog.beat();
    expect(clock.pending).toBe(1);
    watchdog.stop();
    expect(clock.pending).toBe(0);
  });

  it("looks again when a timer comes early", () => {
    watch();
    clock.ringEarly();
    expect([missed, clock.pending]).toEqual([[], 1]);
  });
});

describe("a machine that slept for hours", () => {
  it("does not count the sleep as missed beats", () => {
    const watchdog = watch();
    watchdog.beat();
    clock.pass(MINUTE);
    clock.sleep(8 * HOUR);
    clock.pass(3 * MINUTE - 1);
    expect(missed).toEqual([]);
    watchdog.beat();
    clock.pass(3 * MINUTE - 1);
    expect(missed).toEqual([]);
  });

  it("gives a session that hung before the sleep the same time again, and no more", () => {
    watch().beat();
    clock.sleep(8 * HOUR);
    clock.pass(3 * MINUTE - 1);
    expect(missed).toEqual([]);
    clock.pass(1);
    expect(missed).toEqual([3]);
  });

  it("does not count the sleep against the startup grace", () => {
    watch();
    clock.sleep(8 * HOUR);
    clock.pass(5 * MINUTE - 1);
    expect(missed).toEqual([]);
    clock.pass(1);
    expect(missed).toEqual([3]);
  });

  it("sleeps again and again without a session being given up", () => {
    const watchdog = watch();
    for (let night = 0; night < 10; night++) {
      watchdog.beat();
      clock.sleep(8 * HOUR);
      clock.pass(2 * MINUTE);
    }
    expect(missed).toEqual([]);
  });
});

it("the deadline is the startup grace before the first beat, then the intervals after the last", () => {
  expect(beatDeadline(POLICY, { sinceMono: 7, lastBeatMono: null })).toBe(7 + 5 * MINUTE);
  expect(beatDeadline(POLICY, { sinceMono: 7, lastBeatMono: 9 })).toBe(9 + 3 * MINUTE);
});
