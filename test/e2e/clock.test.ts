// A wall clock that is set hours and days forward and back, fifty times a second, moves no deadline of a daemon.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { HearthToml } from "../../protocol/definition.js";
import { attachAs, keepBeating } from "../support/attached.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";

const CLOCK = join(import.meta.dirname, "fixtures/jumping-clock.cjs");
const HOUR_MS = 3_600_000;
/** Over midnight, over the age of requests, and back before the daemon was started. */
const JUMPS_MS = [5 * HOUR_MS, -3 * HOUR_MS, 26 * HOUR_MS, -49 * HOUR_MS, 0, 7 * HOUR_MS];
/** Node's timers count whole milliseconds. */
const ROUNDING_MS = 2;
const SLEEP = "exec sleep 60";
const STUBBORN = 'trap "" TERM; echo up; while :; do sleep 0.05; done';

function withClock(jumpsMs: readonly number[]): { readonly env: Readonly<Record<string, string>> } {
  return { env: { NODE_OPTIONS: `--require ${CLOCK}`, CLOCK_JUMPS_MS: jumpsMs.join() } };
}

function startJumping(config: HearthToml, home = newHome()): Promise<TestDaemon> {
  return startDaemon({ config, home, ...withClock(JUMPS_MS) });
}

/**
 * Does what must take this long by a clock that nobody sets. What begins the time is part of `work`, so a busy machine can
 * only make it seem longer; a time that was moved by hours is longer than anybody waits for it here.
 */
async function taking<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const outcome = await work();
  expect(performance.now() - began).toBeGreaterThanOrEqual(ms - ROUNDING_MS);
  return outcome;
}

test("the clock of these tests does jump, there and back", async () => {
  const daemon = await startJumping({});
  const times: number[] = [];
  const isFarApart = (): boolean => Math.max(...times) - Math.min(...times) > 70 * HOUR_MS;
  await eventually(async () => {
    const { at } = await daemon.call("system.ping", {});
    times.push(Date.parse(at));
    return isFarApart();
  }, "times that are days apart");
});

describe("a clock that is set forward and back does not move", () => {
  test("a backoff, nor the window in which failures count", async () => {
    const restart = { backoff: "1s", jitter: 0 };
    const daemon = await startJumping({ agents: { a: sh("exit 1", { restart }) } });
    await taking(1_000, async () => {
      await daemon.call("agent.start", { agent: "a", wait: false });
      for (const incarnation of [1, 2]) {
        expect((await daemon.event("agent.starting", "a")).data).toEqual({ incarnation });
      }
    });
    for (const recentFailures of [1, 2]) {
      expect((await daemon.event("agent.backoff", "a")).data).toMatchObject({ recentFailures });
    }
  });

  test("the grace of a stop", async () => {
    const agent = sh(STUBBORN, { autostart: true, stop: { grace: "1s" }, ready: { output: "up" } });
    const daemon = await startJumping({ agents: { a: agent } });
    await daemon.until("a", ({ ready }) => ready);
    await taking(1_000, () => daemon.call("agent.stop", { agent: "a" }));
  });

  test("the time to become ready", async () => {
    const ready = { output: "never said", timeout: "1s" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { ready }) } });
    const { data } = await taking(1_000, async () => {
      await daemon.call("agent.start", { agent: "a", wait: false });
      return daemon.event("agent.stopping", "a");
    });
    expect(data).toMatchObject({ reason: "not ready within 1000 ms" });
  });

  test("the heartbeat", async () => {
    const heartbeat = { interval: "400ms", poke: "rpc" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true, heartbeat }) } });
    // The first may be due at once.
    await taking(5 * 400, async () => {
      const agent = await attachAs(daemon, "a");
      for (let count = 0; count < 6; count++) await agent.receive(({ method }) => method === "heartbeat");
    });
  });

  test("the watchdog, which leaves alone who beats and gives up who stops", async () => {
    const guarded = (interval: string) =>
      sh(SLEEP, { autostart: true, heartbeat: { interval, when_missed: 2, startup_grace: "30m" } });
    const daemon = await startJumping({ agents: { beats: guarded("30m"), stops: guarded("1s") } });
    keepBeating(await attachAs(daemon, "beats"), 100);
    const agent = await attachAs(daemon, "stops");
    await taking(2_000, async () => {
      await agent.call("agent.beat", {});
      await daemon.event("watchdog.missed", "stops");
    });
    // By a clock that is set, its grace and every hour in which it may miss two beats would be over again and again.
    for (let beats = 0; beats < 10; beats++) await daemon.event("beat", "beats");
    expect(await daemon.agent("beats")).toMatchObject({ state: "running", incarnation: 1 });
  });

  test("the startup grace of one that never beats", async () => {
    const heartbeat = { interval: "10s", when_missed: 2, startup_grace: "1s" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { heartbeat }) } });
    await taking(1_000, async () => {
      await daemon.call("agent.start", { agent: "a", wait: false });
      await daemon.event("watchdog.missed", "a");
    });
  });

  test("the wait for a request", async () => {
    const agents = { a: sh(SLEEP, { autostart: true }) };
    // The request must not end before the wait for it does, however late that begins.
    const daemon = await startJumping({ daemon: { handoff_timeout: "1h" }, agents });
    await attachAs(daemon, "a");
    const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "cycle" });
    const wait = { id: request.id, timeoutMs: 1_000 };
    const { error } = await taking(1_000, () => daemon.wire.ask("lifecycle.wait", wait));
    expect(error).toMatchObject({ code: -32006 });
  });

  test("the time an agent has to leave a handoff", async () => {
    const agents = { a: sh(SLEEP, { autostart: true }) };
    const daemon = await startJumping({ daemon: { handoff_timeout: "1s" }, agents });
    await attachAs(daemon, "a");
    await taking(1_000, async () => {
      const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "cycle" });
      await daemon.call("lifecycle.wait", { id: request.id });
    });
  });

  test("the minute after which a session has taken its handoff, counted over the death of a daemon", async () => {
    const home = newHome();
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true }) } }, home);
    await daemon.until("a", ({ ready }) => ready);
    const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "cycle", handoff: "go on" });
    await daemon.call("lifecycle.wait", { id: request.id });
    await daemon.kill();
    makeOlder(home, 58_000);
    const next = await daemon.startAgain();
    const began = performance.now();
    const { uptimeMs } = await next.until("a", ({ adopted }) => adopted);
    await next.event("handoff.taken", "a");
    expect((uptimeMs ?? 0) + performance.now() - began).toBeGreaterThanOrEqual(60_000 - ROUNDING_MS);
  });
});

/** Has the sessions that a journal knows started earlier, as if time had passed instead. */
function makeOlder(home: string, byMs: number): void {
  const file = join(home, "journal.ndjson");
  const older = readFileSync(file, "utf8").replaceAll(
    /"startedMono":([\d.]+)/g,
    (_, at: string) => `"startedMono":${Number(at) - byMs}`,
  );
  writeFileSync(file, older);
}

test("uptimes are those of a clock that nobody sets, and event numbers only grow", async () => {
  const launched = performance.now();
  const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true }) } });
  const serving = performance.now();
  const seqs: number[] = [];
  let restarted = 0;
  for (let round = 0; round < 5; round++) {
    restarted = performance.now();
    await daemon.call("agent.restart", { agent: "a", wait: true });
    seqs.push((await daemon.event("agent.starting", "a")).seq, (await daemon.event("agent.ready", "a")).seq);
  }
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  const asked = performance.now();
  const { uptimeMs } = await daemon.call("daemon.status", {});
  const agent = await daemon.agent("a");
  expect(uptimeMs).toBeGreaterThanOrEqual(asked - serving - ROUNDING_MS);
  expect(uptimeMs).toBeLessThanOrEqual(performance.now() - launched);
  expect(agent.uptimeMs).toBeLessThanOrEqual(performance.now() - restarted);
});

test("the daemon's log begins no new file at midnight, and none of its lines is lost", async () => {
  const daemon = await startJumping({});
  for (let line = 0; line < 50; line++) await daemon.call("daemon.reload", {});
  await daemon.stop();
  expect(readdirSync(daemon.path("logs")).filter((name) => name.startsWith("daemon"))).toEqual(["daemon.log"]);
  const lines = readFileSync(daemon.path("logs", "daemon.log"), "utf8").split("\n");
  expect(lines.filter((line) => line.includes("the configuration was read again"))).toHaveLength(50);
});

test("a request's age alone is told by the wall clock, since it may come from another machine or an earlier boot", async () => {
  const agents = { a: sh(SLEEP, { autostart: true }) };
  const requestedAt = new Date().toISOString();
  const ask = { agent: "a", action: "restart", requestedAt } as const;
  const ahead = await startDaemon({ config: { agents }, ...withClock([7 * HOUR_MS]) });
  expect((await ahead.call("lifecycle.request", ask)).request).toMatchObject({ state: "expired" });
  const behind = await startDaemon({ config: { agents }, ...withClock([-HOUR_MS]) });
  expect((await behind.wire.ask("lifecycle.request", ask)).error).toMatchObject({ code: -32602 });
});

test("of the handoffs that are kept the latest are kept, although the clock was set back between two daemons", async () => {
  const config = { agents: { a: sh(SLEEP, { autostart: true }) } };
  const daemon = await startDaemon({ config });
  const early = await attachAs(daemon, "a");
  for (let number = 1; number <= 10; number++) await early.call("handoff.put", { handoff: `early ${number}` });
  await daemon.kill();
  const next = await startDaemon({ home: daemon.home, ...withClock([-HOUR_MS]) });
  await next.until("a", ({ adopted }) => adopted);
  const late = await attachAs(next, "a");
  for (let number = 1; number <= 3; number++) await late.call("handoff.put", { handoff: `late ${number}` });
  const kept = readdirSync(next.path("handoffs")).map((name) => readFileSync(next.path("handoffs", name), "utf8"));
  const numbers = (word: string, first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, index) => `${word} ${first + index}`);
  expect(kept.toSorted()).toEqual([...numbers("early", 4, 10), ...numbers("late", 1, 3)].toSorted());
});

test("the numbers of events grow although the clock was set back between a daemon that was killed and the next", async () => {
  const home = newHome();
  const daemon = await startDaemon({ home, config: {}, ...withClock([0]) });
  const { seq } = await daemon.call("events.subscribe", {});
  await daemon.kill();
  const next = await startDaemon({ home, ...withClock([-3 * HOUR_MS]) });
  expect((await next.event("daemon.started")).seq).toBeGreaterThan(seq);
  const reader = await next.attach();
  await reader.call("events.subscribe", { since: seq });
  const missed = await reader.receive(({ method }) => method === "events.lagged", "word of what was missed");
  expect(missed.params).toMatchObject({ missed: null });
  reader.close();
});
