// The watchdog: an agent whose beats stop is restarted the way a crashed one is, and one that beats is left alone.
import { expect, onTestFinished, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { attachAs, keepBeating, tokenOf } from "../support/attached.js";
import { configure, sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";

const SLEEP = "exec sleep 60";
const AT_ONCE = { backoff: "0s", jitter: 0 } as const;

/** The same with time for whatever a test does with it first. */
function unguarded(agent: AgentDefinition): AgentDefinition {
  return { ...agent, heartbeat: { interval: "1h", when_missed: 2, startup_grace: "1h" } };
}

test("an agent that never beats is restarted, and the guard against crash loops holds for the watchdog too", async () => {
  const heartbeat = { interval: "50ms", when_missed: 2, startup_grace: "150ms" };
  const restart = { ...AT_ONCE, max_attempts: 2 };
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true, heartbeat, restart }) } } });
  expect(await daemon.until("a", ({ state }) => state === "failed")).toMatchObject({
    incarnation: 3,
    restarts: 2,
    recentFailures: 3,
    wanted: "down",
    pid: null,
    lastBeat: null,
    lastExit: { reason: "watchdog" },
  });
  for (const incarnation of [1, 2, 3]) {
    expect((await daemon.event("watchdog.missed", "a")).data).toEqual({ incarnation, intervals: 2 });
    expect((await daemon.event("agent.stopping", "a")).data).toEqual({ incarnation, reason: "watchdog" });
    expect((await daemon.event("agent.exited", "a")).data).toMatchObject({ incarnation, reason: "watchdog" });
  }
  expect((await daemon.event("agent.failed", "a")).data).toEqual({ reason: "watchdog", recentFailures: 3 });
});

test("an agent whose beats stop is given up after so many intervals, however long its startup grace is", async () => {
  const heartbeat = { interval: "100ms", when_missed: 3, startup_grace: "5m" };
  const agents = { a: sh(SLEEP, { autostart: true, heartbeat, restart: AT_ONCE }) };
  const daemon = await startDaemon({ config: { agents } });
  const agent = await attachAs(daemon, "a");
  // Its intervals begin before anybody is told of the beat, by as long as the machine likes.
  const before = Date.now();
  expect(await agent.call("agent.beat", { status: "working", note: "on it" })).toEqual({ nextBeatWithinMs: 300 });
  const beat = await daemon.event("beat", "a");
  expect(beat.data).toEqual({ incarnation: 1, status: "working", note: "on it" });
  const missed = await daemon.event("watchdog.missed", "a");
  expect(Date.parse(missed.at) - before).toBeGreaterThanOrEqual(299);
  expect(await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
    restarts: 1,
    recentFailures: 1,
    lastExit: { reason: "watchdog" },
  });
});

test("six healthy agents that beat are never given up", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  // Once an agent has beaten, its startup grace says nothing any more; before, it has to last until the test is attached.
  const heartbeat = { interval: "3s", when_missed: 2, startup_grace: "5m" };
  const agent = sh(SLEEP, { autostart: true, heartbeat });
  const daemon = await startDaemon({ config: { agents: Object.fromEntries(names.map((name) => [name, agent])) } });
  const stops = await Promise.all(names.map(async (name) => keepBeating(await attachAs(daemon, name), 100)));
  // Longer than the intervals that may be missed.
  const first = await Promise.all(names.map((name) => daemon.event("beat", name)));
  for (const [index, name] of names.entries()) {
    const begun = Date.parse(first[index]?.at ?? "");
    while (Date.parse((await daemon.event("beat", name)).at) < begun + 7_000);
  }
  const { agents } = await daemon.call("agent.list", {});
  for (const stop of stops) stop();
  expect(agents.map(({ incarnation, state }) => [incarnation, state])).toEqual(names.map(() => [1, "running"]));
});

test("a beat of an earlier session is refused, and does not save its successor", async () => {
  const heartbeat = { interval: "200ms", when_missed: 2, startup_grace: "700ms" };
  const restart = { ...AT_ONCE, max_attempts: 0 };
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true, restart }) } } });
  const earlier = await attachAs(daemon, "a");
  await daemon.call("agent.stop", { agent: "a" });
  configure(daemon.home, { agents: { a: sh(SLEEP, { heartbeat, restart }) } });
  await daemon.call("daemon.reload", {});
  await daemon.call("agent.start", { agent: "a" });
  const beats: (number | undefined)[] = [];
  const timer = setInterval(() => {
    earlier.ask("agent.beat", {}).then(
      ({ error }) => beats.push(error?.code),
      () => {},
    );
  }, 50);
  onTestFinished(() => clearInterval(timer));
  expect((await daemon.event("watchdog.missed", "a")).data).toEqual({ incarnation: 2, intervals: 2 });
  expect(await daemon.until("a", ({ state }) => state === "failed")).toMatchObject({ incarnation: 2, lastBeat: null });
  expect(new Set(beats)).toEqual(new Set([-32002]));
});

test("a session is not given up for the silence of the one before it", async () => {
  const heartbeat = { interval: "100ms", when_missed: 2, startup_grace: "5m" };
  const daemon = await startDaemon({
    config: { agents: { a: sh(SLEEP, { autostart: true, heartbeat, restart: AT_ONCE }) } },
  });
  await (await attachAs(daemon, "a")).call("agent.beat", {});
  await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
  const start = performance.now();
  await eventually(() => performance.now() - start > 500, "more than the intervals have passed");
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 2, state: "running" });
});

test("time in which the daemon itself did not run is not held against the agent", async () => {
  const heartbeat = { interval: "2s", when_missed: 2, startup_grace: "5m" };
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true, heartbeat }) } } });
  keepBeating(await attachAs(daemon, "a"), 100);
  await daemon.event("beat", "a");
  daemon.signal("SIGSTOP");
  // Not so long that the daemon would know by the lateness of its timer alone: it has to read the beats that wait first.
  const start = performance.now();
  await eventually(() => performance.now() - start > 5_000, "the machine has slept");
  daemon.signal("SIGCONT");
  const { at } = await daemon.call("system.ping", {});
  while ((await daemon.event("beat", "a")).at <= at);
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 1, state: "running" });
});

test("an adopted session has a startup grace of its own, then the watchdog counts for it too", async () => {
  const heartbeat = { interval: "100ms", when_missed: 2, startup_grace: "800ms" };
  const agent = sh(SLEEP, { autostart: true, restart: AT_ONCE });
  const daemon = await startDaemon({ config: { agents: { a: unguarded(agent) } } });
  const token = await tokenOf(daemon, "a");
  await (await attachAs(daemon, "a")).call("agent.beat", {});
  await daemon.kill();
  configure(daemon.home, { agents: { a: { ...agent, heartbeat } } });
  // Its grace begins before anybody is told that it was adopted, by as long as the machine likes.
  const before = Date.now();
  const next = await daemon.startAgain();
  await next.event("agent.adopted", "a");
  const missed = await next.event("watchdog.missed", "a");
  expect(missed.data).toEqual({ incarnation: 1, intervals: 2 });
  expect(Date.parse(missed.at) - before).toBeGreaterThanOrEqual(799);
  await next.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
  expect((await (await next.connect()).ask("system.attach", { token })).error).toMatchObject({ code: -32001 });
});

test("an adopted session that goes on beating is left alone", async () => {
  const agent = sh(SLEEP, { autostart: true });
  const daemon = await startDaemon({ config: { agents: { a: unguarded(agent) } } });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  const heartbeat = { interval: "3s", when_missed: 2, startup_grace: "5m" };
  configure(daemon.home, { agents: { a: { ...agent, heartbeat } } });
  const next = await daemon.startAgain();
  await next.event("agent.adopted", "a");
  keepBeating(await attachAs(next, "a"), 100);
  const begun = Date.parse((await next.event("beat", "a")).at);
  while (Date.parse((await next.event("beat", "a")).at) < begun + 7_000);
  expect(await next.agent("a")).toMatchObject({ incarnation: 1, pid, state: "running" });
});
