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
/** What a busy machine may add to a time that is measured from here. */
const NOISE_MS = 1_000;
/** A time that begins in the daemon is seen to begin here a little later. */
const SEEN_LATE_MS = 30;
const SLEEP = "exec sleep 60";
const STUBBORN = 'trap "" TERM; echo up; while :; do sleep 0.05; done';

function withClock(jumpsMs: readonly number[]): { readonly env: Readonly<Record<string, string>> } {
  return { env: { NODE_OPTIONS: `--require ${CLOCK}`, CLOCK_JUMPS_MS: jumpsMs.join() } };
}

function startJumping(config: HearthToml, home = newHome()): Promise<TestDaemon> {
  return startDaemon({ config, home, ...withClock(JUMPS_MS) });
}

/** Resolves with what `work` comes to, which must take this long by a clock that nobody sets. */
async function taking<T>(ms: number, work: Promise<T>): Promise<T> {
  const began = performance.now();
  const outcome = await work;
  const took = performance.now() - began;
  expect(took).toBeGreaterThanOrEqual(ms - SEEN_LATE_MS);
  expect(took).toBeLessThan(ms + NOISE_MS);
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
  test("a backoff", async () => {
    const restart = { backoff: "1s", jitter: 0 };
    const daemon = await startJumping({ agents: { a: sh("exit 1", { autostart: true, restart }) } });
    await daemon.event("agent.starting", "a");
    expect((await daemon.event("agent.backoff", "a")).data).toMatchObject({ delayMs: 1_000, recentFailures: 1 });
    const again = await taking(1_000, daemon.event("agent.starting", "a"));
    expect(again.data).toEqual({ incarnation: 2 });
    // The first failure still counts, as nothing is older than the window.
    expect((await daemon.event("agent.backoff", "a")).data).toMatchObject({ delayMs: 2_000, recentFailures: 2 });
  });

  test("the grace of a stop", async () => {
    const stop = { grace: "1s" };
    const daemon = await startJumping({
      agents: { a: sh(STUBBORN, { autostart: true, stop, ready: { output: "up" } }) },
    });
    await daemon.until("a", ({ ready }) => ready);
    await taking(1_000, daemon.call("agent.stop", { agent: "a" }));
  });

  test("the time to become ready", async () => {
    const ready = { output: "never said", timeout: "1s" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true, ready }) } });
    await daemon.event("agent.running", "a");
    const { data } = await taking(1_000, daemon.event("agent.stopping", "a"));
    expect(data).toMatchObject({ reason: "not ready within 1000 ms" });
  });

  test("the heartbeat", async () => {
    const heartbeat = { interval: "400ms", poke: "rpc" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true, heartbeat }) } });
    const agent = await attachAs(daemon, "a");
    const beat = () => agent.receive(({ method }) => method === "heartbeat");
    await beat();
    await taking(
      5 * 400,
      (async () => {
        for (let count = 0; count < 5; count++) await beat();
      })(),
    );
  });

  test("the watchdog, which leaves alone who beats and gives up who stops", async () => {
    const heartbeat = { interval: "500ms", when_missed: 2, startup_grace: "1s" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true, heartbeat }) } });
    const agent = await attachAs(daemon, "a");
    const stop = keepBeating(agent, 100);
    // Twice the startup grace and the intervals that may be missed.
    for (let beats = 0; beats < 20; beats++) await daemon.event("beat", "a");
    expect(await daemon.agent("a")).toMatchObject({ state: "running", incarnation: 1 });
    stop();
    await agent.call("agent.beat", {});
    await taking(1_000, daemon.event("watchdog.missed", "a"));
  });

  test("the startup grace of one that never beats", async () => {
    const heartbeat = { interval: "10s", when_missed: 2, startup_grace: "1s" };
    const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true, heartbeat }) } });
    await daemon.event("agent.running", "a");
    await taking(1_000, daemon.event("watchdog.missed", "a"));
  });

  test("the wait for a request, and the time an agent has to leave a handoff", async () => {
    const daemon = await startJumping({
      daemon: { handoff_timeout: "2s" },
      agents: { a: sh(SLEEP, { autostart: true }) },
    });
    await attachAs(daemon, "a");
    const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "cycle" });
    const began = performance.now();
    const { error } = await taking(1_000, daemon.wire.ask("lifecycle.wait", { id: request.id, timeoutMs: 1_000 }));
    expect(error).toMatchObject({ code: -32006 });
    await taking(2_000 - (performance.now() - began), daemon.call("lifecycle.wait", { id: request.id }));
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
    const { uptimeMs } = await next.until("a", ({ adopted }) => adopted);
    await taking(60_000 - (uptimeMs ?? 0), next.event("handoff.taken", "a"));
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
  const before = performance.now();
  const daemon = await startJumping({ agents: { a: sh(SLEEP, { autostart: true }) } });
  await daemon.until("a", ({ ready }) => ready);
  const since = performance.now();
  const seqs: number[] = [];
  for (let round = 0; round < 5; round++) {
    await daemon.call("agent.restart", { agent: "a", wait: true });
    seqs.push((await daemon.event("agent.ready", "a")).seq);
  }
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  const { uptimeMs } = await daemon.call("daemon.status", {});
  expect(uptimeMs).toBeGreaterThanOrEqual(performance.now() - since - SEEN_LATE_MS);
  expect(uptimeMs).toBeLessThanOrEqual(performance.now() - before);
  expect((await daemon.agent("a")).uptimeMs).toBeLessThan(NOISE_MS);
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
