import { beforeEach, describe, expect, it } from "vitest";
import { Heartbeat, type HeartbeatCounters } from "../../src/supervisor/heartbeat.js";
import { HandClock } from "./hand-clock.js";

let clock: HandClock;
let poked: string[];
let unready: Set<string>;
let told: HeartbeatCounters[];
beforeEach(() => {
  clock = new HandClock();
  poked = [];
  unready = new Set();
  told = [];
});

function heartbeat(counters: HeartbeatCounters = { count: 0, lastAt: null }): Heartbeat {
  const poke = (agent: string): boolean => {
    if (unready.has(agent)) return false;
    poked.push(agent);
    return true;
  };
  return new Heartbeat({ clock, counters, poke, beaten: (counted) => told.push(counted) });
}

describe("the heartbeat", () => {
  it("pokes each agent at its own interval", () => {
    const beats = heartbeat();
    beats.schedule("quick", 1_000);
    beats.schedule("slow", 2_500);
    clock.pass(5_000);
    expect(poked).toEqual(["quick", "quick", "slow", "quick", "quick", "slow", "quick"]);
  });

  it("has one timer for each distinct interval, and none when nobody is scheduled", () => {
    const beats = heartbeat();
    for (let agent = 0; agent < 1_000; agent++) beats.schedule(`agent-${agent}`, agent < 500 ? 1_000 : 60_000);
    expect(clock.pending).toBe(2);
    for (let agent = 0; agent < 500; agent++) beats.schedule(`agent-${agent}`, null);
    expect(clock.pending).toBe(1);
    beats.stop();
    expect(clock.pending).toBe(0);
  });

  it("keeps its rhythm when a definition is applied again, and takes a new one when it changed", () => {
    const beats = heartbeat();
    beats.schedule("a", 1_000);
    clock.pass(900);
    beats.schedule("a", 1_000);
    clock.pass(100);
    expect(poked).toEqual(["a"]);
    beats.schedule("a", 5_000);
    clock.pass(4_999);
    expect(poked).toEqual(["a"]);
    clock.pass(1);
    expect(poked).toEqual(["a", "a"]);
  });

  it("does not drift when a turn comes late", () => {
    const beats = heartbeat();
    beats.schedule("a", 1_000);
    clock.sleep(1_400);
    expect(poked).toEqual(["a"]);
    clock.pass(599);
    expect(poked).toEqual(["a"]);
    clock.pass(1);
    expect(poked).toEqual(["a", "a"]);
  });

  it("does not make up for the turns that passed while the machine slept", () => {
    const beats = heartbeat();
    beats.schedule("a", 1_000);
    clock.sleep(3_600_500);
    expect(poked).toEqual(["a"]);
    clock.pass(500);
    expect(poked).toEqual(["a", "a"]);
  });

  it("of a month does not come when the longest timer of Node ends", () => {
    heartbeat().schedule("a", 30 * 86_400_000);
    clock.pass(2 ** 31 - 1);
    clock.ringEarly();
    expect([poked, clock.pending]).toEqual([[], 1]);
    clock.pass(30 * 86_400_000 - (2 ** 31 - 1));
    expect(poked).toEqual(["a"]);
  });
});

describe("the counters", () => {
  it("go on from those of earlier daemons", () => {
    const beats = heartbeat({ count: 41, lastAt: 1 });
    beats.schedule("a", 1_000);
    expect(beats.counters).toEqual({ count: 41, lastAt: 1 });
    clock.pass(1_000);
    expect(beats.counters).toEqual({ count: 42, lastAt: clock.wall() });
  });

  it("count every agent that was poked, and are told once for each turn", () => {
    const beats = heartbeat();
    for (const agent of ["a", "b", "c"]) beats.schedule(agent, 1_000);
    unready.add("b");
    clock.pass(2_000);
    expect(told.map(({ count }) => count)).toEqual([2, 4]);
  });

  it("stand still when nobody can be poked", () => {
    const beats = heartbeat();
    beats.schedule("a", 1_000);
    unready.add("a");
    clock.pass(5_000);
    expect([told, beats.counters]).toEqual([[], { count: 0, lastAt: null }]);
  });
});
