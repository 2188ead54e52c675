// Too much memory is told after two readings in a row, of a session that has had time to start.
import { beforeEach, describe, expect, it } from "vitest";
import { type MeasuredSession, MemoryLimits } from "../../src/supervisor/memory-limits.js";
import { HandClock } from "./hand-clock.js";

const EVERY_MS = 30_000;
const LIMIT = 500;

let clock: HandClock;
let session: MeasuredSession | null;
/** What readings show, one after the other; the last one stays. */
let readings: number[];
let readers: string[][];
let due: number[];
let limits: MemoryLimits;
beforeEach(() => {
  clock = new HandClock();
  session = { incarnation: 1, startedMono: clock.mono() };
  readings = [];
  readers = [];
  due = [];
  limits = new MemoryLimits({
    clock,
    everyMs: () => EVERY_MS,
    sessionOf: () => session,
    async read(agents) {
      readers.push([...agents]);
      const bytes = readings.length > 1 ? readings.shift() : readings[0];
      return new Map(bytes === undefined ? [] : [["a", bytes]]);
    },
    due: (_agent, incarnation) => due.push(incarnation),
    report: (error) => {
      throw error;
    },
  });
});

async function pass(ms: number): Promise<void> {
  for (let second = 0; second < ms / 1_000; second++) {
    clock.pass(1_000);
    // A reading is over when its promises are.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

describe("a session over its limit", () => {
  it("is told soon after the reading that shows it, once that is confirmed", async () => {
    readings = [LIMIT + 1];
    limits.set("a", LIMIT);
    await pass(EVERY_MS);
    expect(due).toEqual([]);
    await pass(2_000);
    expect(due).toEqual([1]);
  });

  it("is not told when one reading alone was over it, nor when it is just at the limit", async () => {
    readings = [LIMIT + 1, LIMIT, LIMIT + 1, LIMIT];
    limits.set("a", LIMIT);
    await pass(5 * EVERY_MS);
    expect(readers.length).toBeGreaterThanOrEqual(4);
    expect(due).toEqual([]);
  });

  it("is not told for what an earlier session used", async () => {
    readings = [LIMIT + 1];
    limits.set("a", LIMIT);
    await pass(EVERY_MS);
    session = { incarnation: 2, startedMono: 0 };
    await pass(2_000);
    expect(due).toEqual([]);
    await pass(2_000);
    expect(due).toEqual([2]);
  });

  it("is left alone until it has had time to start", async () => {
    readings = [LIMIT + 1];
    limits.set("a", LIMIT);
    session = { incarnation: 1, startedMono: clock.mono() + 1_000 };
    await pass(EVERY_MS + 5_000);
    expect(readers).toEqual([]);
    await pass(EVERY_MS);
    expect(due).toEqual([1]);
  });

  it("is left alone when nothing can be read", async () => {
    limits.set("a", LIMIT);
    await pass(5 * EVERY_MS);
    expect(due).toEqual([]);
  });
});

it("nothing is read and no timer runs without a limit, and none of an agent that does not run", async () => {
  expect(clock.pending).toBe(0);
  limits.set("a", LIMIT);
  session = null;
  await pass(3 * EVERY_MS);
  expect([readers, clock.pending]).toEqual([[], 1]);
  limits.set("a", null);
  expect(clock.pending).toBe(0);
});
