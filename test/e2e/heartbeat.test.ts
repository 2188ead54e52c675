// The heartbeat: pokes on schedule, only for those who can take one, counted across daemons, and nobody waits for anybody.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { attachAs } from "../support/attached.js";
import { configure, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";

/** Reads its pokes and prints each. */
const READER = 'while IFS= read -r line; do echo "got $line"; done';
const WITNESS = sh(READER, { autostart: true, heartbeat: { interval: "50ms", poke: "session" } });

/** Waits for so many scheduled pokes of an agent. */
async function pokes(daemon: TestDaemon, agent: string, count: number): Promise<void> {
  for (let seen = 0; seen < count; seen++) await daemon.event("poke.sent", agent);
}

test("pokes arrive again and again, and status tells how many and when", async () => {
  const heartbeat = { interval: "60ms", poke: "session", message: "check your hook" };
  const daemon = await startDaemon({ config: { agents: { a: sh(READER, { autostart: true, heartbeat }) } } });
  await daemon.call("logs.follow", { agent: "a" });
  const lines: string[] = [];
  while (lines.length < 3) lines.push(...(await daemon.wire.lines()));
  expect(new Set(lines)).toEqual(new Set(["got check your hook"]));
  const { at, data } = await daemon.event("poke.sent", "a");
  expect(data).toEqual({ delivered: true, via: "session", scheduled: true });
  // A line may be there before it is told that it was sent.
  await pokes(daemon, "a", 2);
  const status = await daemon.call("daemon.status", {});
  expect(status.heartbeat).toMatchObject({ intervalMs: 60_000, count: expect.any(Number) });
  expect(status.heartbeat.count).toBeGreaterThanOrEqual(3);
  expect(Date.parse(status.heartbeat.lastAt ?? "")).toBeGreaterThanOrEqual(Date.parse(at));
  expect((await daemon.agent("a")).lastPoke).toMatchObject({ delivered: true, via: "session" });
});

test("the counters outlive kill -9 and a clean end of the daemon", async () => {
  const daemon = await startDaemon({ config: { agents: { a: WITNESS } } });
  await pokes(daemon, "a", 3);
  await daemon.call("agent.stop", { agent: "a" });
  const { heartbeat } = await daemon.call("daemon.status", {});
  expect(heartbeat.count).toBeGreaterThanOrEqual(3);
  await daemon.kill();
  const afterCrash = await daemon.startAgain();
  expect((await afterCrash.call("daemon.status", {})).heartbeat).toEqual(heartbeat);
  await afterCrash.stop();
  const afterEnd = await afterCrash.startAgain();
  expect((await afterEnd.call("daemon.status", {})).heartbeat).toEqual(heartbeat);
  await afterEnd.call("agent.start", { agent: "a" });
  await pokes(afterEnd, "a", 1);
  expect((await afterEnd.call("daemon.status", {})).heartbeat.count).toBeGreaterThan(heartbeat.count);
});

const QUICK = { interval: "50ms", poke: "session" } as const;

test("an agent is not poked before it is ready", async () => {
  const late = sh(READER, { autostart: true, heartbeat: QUICK, ready: { notify: true } });
  const daemon = await startDaemon({ config: { agents: { witness: WITNESS, late } } });
  const agent = await attachAs(daemon, "late");
  await pokes(daemon, "witness", 5);
  expect(await daemon.agent("late")).toMatchObject({ ready: false, lastPoke: null });
  await agent.call("agent.ready", {});
  await pokes(daemon, "late", 1);
});

test("an agent is not poked while it waits to be started again", async () => {
  const restart = { backoff: "1m", jitter: 0 };
  const crashing = sh("exit 1", { autostart: true, heartbeat: { ...QUICK, interval: "20ms" }, restart });
  const daemon = await startDaemon({ config: { agents: { witness: WITNESS, crashing } } });
  await daemon.event("agent.backoff", "crashing");
  const { lastPoke } = await daemon.agent("crashing");
  await pokes(daemon, "witness", 5);
  expect(await daemon.agent("crashing")).toMatchObject({ state: "backoff", lastPoke });
});

test("an agent is not poked while it stops, nor afterwards", async () => {
  const stubborn = sh(`trap "" TERM; echo up; ${READER}`, {
    autostart: true,
    heartbeat: QUICK,
    ready: { output: "up" },
    stop: { grace: "600ms" },
  });
  const daemon = await startDaemon({ config: { agents: { witness: WITNESS, stubborn } } });
  await pokes(daemon, "stubborn", 1);
  await daemon.call("agent.stop", { agent: "stubborn", wait: false });
  await daemon.event("agent.stopping", "stubborn");
  const { lastPoke } = await daemon.agent("stubborn");
  await daemon.event("agent.stopped", "stubborn");
  await pokes(daemon, "witness", 20);
  expect(await daemon.agent("stubborn")).toMatchObject({ state: "stopped", lastPoke });
});

test("a poke that is stuck delays nobody else, each outcome is told as it was, and nothing of it outlives the daemon", async () => {
  const hung = { ...QUICK, poke: `command:sh -c 'echo $$ >>"$HEARTH_HOME/hung"; exec sleep 60'` };
  const full = { ...QUICK, interval: "20ms", message: "x".repeat(4_000) };
  const agents = {
    hung: sh("exec sleep 60", { autostart: true, heartbeat: hung }),
    full: sh("exec sleep 60", { autostart: true, heartbeat: full }),
    fine: WITNESS,
  };
  const daemon = await startDaemon({ config: { agents } });
  expect((await daemon.event("poke.sent", "hung")).data).toEqual({
    delivered: false,
    detail: "an earlier poke is still under way",
    via: "command",
    scheduled: true,
  });
  let last = await daemon.event("poke.sent", "full");
  while (last.data.delivered === true) last = await daemon.event("poke.sent", "full");
  expect(last.data).toMatchObject({ delivered: false, detail: "the agent has not read earlier messages" });
  expect((await daemon.agent("full")).lastPoke).toMatchObject({ delivered: false, via: "session" });

  const before = await daemon.call("daemon.status", {});
  let fine = await daemon.event("poke.sent", "fine");
  while (fine.at <= (before.heartbeat.lastAt ?? "")) fine = await daemon.event("poke.sent", "fine");
  for (let seen = 0; seen < 20; seen++) {
    fine = await daemon.event("poke.sent", "fine");
    expect(fine.data).toMatchObject({ delivered: true });
  }
  // All the while it was the same program that hung.
  const begun = () => (existsSync(daemon.path("hung")) ? readFileSync(daemon.path("hung"), "utf8") : "");
  await eventually(() => begun().endsWith("\n"), "the program that hangs has begun");
  expect(begun()).toMatch(/^\d+\n$/);
  await daemon.stop();
});

test("a changed interval takes hold at a reload, and poke = none takes an agent off the schedule", async () => {
  const agent = sh("exec sleep 60", { autostart: true });
  const quiet = { ...agent, heartbeat: { interval: "1h", poke: "signal:SIGCONT" } };
  const daemon = await startDaemon({ config: { agents: { a: quiet, witness: WITNESS } } });
  await pokes(daemon, "witness", 3);
  expect((await daemon.agent("a")).lastPoke).toBeNull();
  configure(daemon.home, {
    agents: { a: { ...agent, heartbeat: { ...QUICK, poke: "signal:SIGCONT" } }, witness: WITNESS },
  });
  await daemon.call("daemon.reload", {});
  await pokes(daemon, "a", 2);
  configure(daemon.home, { agents: { a: { ...agent, heartbeat: { poke: "none" } }, witness: WITNESS } });
  await daemon.call("daemon.reload", {});
  const { lastPoke } = await daemon.agent("a");
  for (let turns = 0; turns < 5; turns++) {
    const seen = (await daemon.call("daemon.status", {})).heartbeat.count;
    await eventually(async () => (await daemon.call("daemon.status", {})).heartbeat.count > seen, "another turn");
  }
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 1, lastPoke });
});
