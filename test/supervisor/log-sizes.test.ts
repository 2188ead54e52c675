import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { LogSizes } from "../../src/supervisor/log-sizes.js";
import { HandClock } from "./hand-clock.js";

const MAX_BYTES = 1_000_000;
const HEARTBEAT_MS = 60_000;

let clock: HandClock;
let logs: Map<string, number>;
let rotated: string[];
let refusing: boolean;
let sizes: LogSizes;
beforeEach(() => {
  clock = new HandClock();
  logs = new Map();
  rotated = [];
  refusing = false;
  sizes = new LogSizes({
    clock,
    heartbeatMs: () => HEARTBEAT_MS,
    written: () => logs.keys(),
    sizeOf: (agent) => logs.get(agent) ?? 0,
    maxBytes: () => MAX_BYTES,
    async rotate(agent) {
      rotated.push(agent);
      if (refusing) throw new Error("a writer could not be stopped");
      logs.set(agent, 0);
    },
  });
  sizes.begin();
});

/** Lets an agent write evenly for some seconds. */
async function write(
  agent: string,
  wish: { readonly bytesPerSecond: number; readonly seconds: number },
): Promise<void> {
  for (let second = 1; second <= wish.seconds; second++) {
    logs.set(agent, (logs.get(agent) ?? 0) + wish.bytesPerSecond);
    clock.pass(1_000);
    // A rotation is over when its promise is.
    await Promise.resolve();
    await Promise.resolve();
  }
}

describe("the sizes of logs", () => {
  it("are looked at within a second of a session's start, so that a fast writer is caught at once", async () => {
    sizes.began("a");
    await write("a", { bytesPerSecond: 2 * MAX_BYTES, seconds: 2 });
    expect(rotated).toContain("a");
  });

  it("need no timer but the heartbeat's while nothing grows", async () => {
    logs.set("quiet", 10);
    sizes.began("a");
    await write("quiet", { bytesPerSecond: 0, seconds: 3 });
    expect(clock.pending).toBe(1);
    clock.pass(HEARTBEAT_MS);
    expect(clock.pending).toBe(1);
  });

  it("need no timer for a log that grows slowly either, and it is rotated at a heartbeat", async () => {
    sizes.began("a");
    await write("slow", { bytesPerSecond: 1_000, seconds: 120 });
    expect(clock.pending).toBe(1);
    logs.set("slow", MAX_BYTES + 1);
    clock.pass(HEARTBEAT_MS);
    expect(rotated).toEqual(["slow"]);
  });

  it("are bounded: while it grows fast, a log never holds more than its limit and what two seconds bring", async () => {
    const fast = fc.integer({ min: MAX_BYTES / 50, max: 3 * MAX_BYTES });
    await fc.assert(
      fc.asyncProperty(fc.array(fast, { minLength: 1, maxLength: 30 }), async (speeds) => {
        logs.clear();
        sizes.began("a");
        for (const [second, bytesPerSecond] of speeds.entries()) {
          await write("a", { bytesPerSecond, seconds: 1 });
          const lately = bytesPerSecond + (speeds[second - 1] ?? 0);
          expect(logs.get("a")).toBeLessThanOrEqual(MAX_BYTES + lately);
        }
      }),
    );
  });

  it("are left alone until the next heartbeat when a rotation was refused", async () => {
    refusing = true;
    logs.set("a", MAX_BYTES + 1);
    clock.pass(HEARTBEAT_MS);
    await write("a", { bytesPerSecond: 1, seconds: 10 });
    expect(rotated).toEqual(["a"]);
    clock.pass(HEARTBEAT_MS);
    expect(rotated).toEqual(["a", "a"]);
  });

  it("begin nothing any more once they are stopped", async () => {
    sizes.began("a");
    sizes.stop();
    await write("a", { bytesPerSecond: 2 * MAX_BYTES, seconds: 2 });
    expect(rotated).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
