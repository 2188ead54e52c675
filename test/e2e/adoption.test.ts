// Agents outlive their daemon: the next one takes over what lives and makes up for what ended unseen.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { tokenOf } from "../support/attached.js";
import { sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning, kill } from "../support/processes.js";

const SLEEP = "exec sleep 60";
/** A moment of the monotonic clock, as the journal has it. */
const DEADLINE = /"deadline":[\d.]+/g;
const AT_ONCE = { backoff: "0s", jitter: 0 } as const;

test("kill -9 of the daemon: the next one takes the same agents over, none restarted, none doubled", async () => {
  const names = ["a", "b", "team/c"];
  const agents = Object.fromEntries(names.map((name) => [name, sh(SLEEP, { autostart: true })]));
  const daemon = await startDaemon({ config: { agents } });
  const before = await Promise.all(names.map((name) => daemon.until(name, ({ ready }) => ready)));
  await daemon.kill();
  const next = await daemon.startAgain();
  for (const { agent, pid, startedAt } of before) {
    expect(await next.until(agent, ({ adopted }) => adopted)).toMatchObject({
      pid,
      startedAt,
      state: "running",
      ready: true,
      incarnation: 1,
      restarts: 0,
    });
  }
  expect(next.descriptor.instanceId).not.toBe(daemon.descriptor.instanceId);
  expect((await next.event("agent.adopted", "a")).data).toEqual({ incarnation: 1, pid: before[0]?.pid });
});

test("the end of an adopted agent is seen, and the policy decides", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true, restart: AT_ONCE }) } } });
  await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  const next = await daemon.startAgain();
  const { pid } = await next.until("a", ({ adopted }) => adopted);
  kill(pid);
  expect(await next.until("a", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
    adopted: false,
    restarts: 1,
    lastExit: { code: null, signal: null, reason: "exit not observed" },
  });
});

test("an agent that died while no daemon ran has failed: its exit was not observed, and it is started again", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true, restart: AT_ONCE }) } } });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  kill(pid);
  await eventually(() => !isRunning(pid ?? 0), "the agent is gone");
  const next = await daemon.startAgain();
  expect(await next.until("a", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
    recentFailures: 1,
    restarts: 1,
    lastExit: { reason: "exit not observed" },
  });
});

test("an adopted agent can be stopped, with everything it started", async () => {
  const daemon = await startDaemon({
    config: {
      agents: {
        a: sh("setsid sleep 61 & setsid sleep 62 & echo up; wait", { autostart: true, ready: { output: "up" } }),
      },
    },
  });
  await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  const next = await daemon.startAgain();
  await next.until("a", ({ adopted }) => adopted);
  const { agents } = await next.call("agent.stop", { agent: "a" });
  expect(agents).toMatchObject([{ state: "stopped", wanted: "down", pid: null }]);
});

test("what lives on of a session whose leader died unseen is swept before the next session", async () => {
  const script = 'setsid sleep 61 & echo "child $!"; wait';
  const daemon = await startDaemon({
    config: { agents: { a: sh(script, { autostart: true, ready: { output: "child" }, restart: AT_ONCE }) } },
  });
  const { pid, logFile } = await daemon.until("a", ({ ready }) => ready);
  const child = Number(/child (\d+)/.exec(readFileSync(logFile, "utf8"))?.[1]);
  await daemon.kill();
  kill(pid);
  await eventually(() => !isRunning(pid ?? 0), "the leader is gone");
  expect(isRunning(child)).toBe(true);
  const next = await daemon.startAgain();
  await next.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
  expect(isRunning(child)).toBe(false);
});

test("a stop that was under way when the daemon died is finished by the next one, and is no failure", async () => {
  const stubborn = sh('trap "" TERM; echo up; while :; do sleep 0.05; done', {
    autostart: true,
    ready: { output: "up" },
    stop: { grace: "300ms" },
  });
  const daemon = await startDaemon({ config: { agents: { stubborn } } });
  await daemon.until("stubborn", ({ ready }) => ready);
  await daemon.call("agent.stop", { agent: "stubborn", wait: false });
  await daemon.kill();
  const next = await daemon.startAgain();
  expect(await next.until("stubborn", ({ state }) => state === "stopped")).toMatchObject({
    wanted: "down",
    incarnation: 1,
    restarts: 0,
    recentFailures: 0,
  });
});

test("a stop under way is not put off by daemons that die: the agent is killed when its time is up", async () => {
  const stubborn = sh('trap "" TERM; echo up; while :; do sleep 0.05; done', {
    autostart: true,
    ready: { output: "up" },
    stop: { grace: "1h" },
  });
  let daemon = await startDaemon({ config: { agents: { stubborn } } });
  const { pid } = await daemon.until("stubborn", ({ ready }) => ready);
  await daemon.call("agent.stop", { agent: "stubborn", wait: false });
  const deadlines = new Set<string | undefined>();
  for (let death = 0; death < 3; death++) {
    await daemon.kill();
    deadlines.add(readFileSync(daemon.path("journal.ndjson"), "utf8").match(DEADLINE)?.at(-1));
    daemon = await daemon.startAgain();
    expect(await daemon.agent("stubborn")).toMatchObject({ state: "stopping", pid });
  }
  await daemon.kill();
  // All daemons mean the same moment, and it comes when the hour of the first one is over.
  expect([...deadlines]).toEqual([expect.stringMatching(DEADLINE)]);
  rewriteRecords(daemon.home, DEADLINE, '"deadline":1');
  const last = await daemon.startAgain();
  expect(await last.until("stubborn", ({ state }) => state === "stopped")).toMatchObject({ recentFailures: 0 });
  expect(isRunning(pid ?? 0)).toBe(false);
});

/** The first session is up at once, each later one when it is told. */
const UP_WHEN_TOLD =
  '[ "$HEARTH_INCARNATION" -gt 1 ] || echo up; trap "echo up" USR1; echo waiting; while :; do sleep 0.05; done';

/** A daemon whose agent's second session is not ready yet. */
async function daemonOfSecondSession() {
  const ready = { output: "up", timeout: "1h" };
  const agents = { a: sh(UP_WHEN_TOLD, { autostart: true, ready }), other: sh("echo up; sleep 60", { ready }) };
  const daemon = await startDaemon({ config: { agents } });
  await daemon.until("a", ({ ready }) => ready);
  await daemon.call("agent.restart", { agent: "a", wait: false });
  const { pid, logFile } = await daemon.until(
    "a",
    ({ incarnation, state }) => incarnation === 2 && state === "running",
  );
  const output = (): string => readFileSync(logFile, "utf8");
  await eventually(() => output().split("waiting").length === 3, "the second session's trap");
  return { daemon, pid: pid ?? 0, output };
}

test("an adopted agent that is not ready yet is not taken for ready by what an earlier session said", async () => {
  const { daemon, pid } = await daemonOfSecondSession();
  await daemon.kill();
  const next = await daemon.startAgain();
  await next.until("a", ({ adopted }) => adopted);
  // By the time that another log has been read in the same way, this one has been read too.
  await next.call("agent.start", { agent: "other", wait: true });
  expect(await next.agent("a")).toMatchObject({ ready: false, incarnation: 2 });
  process.kill(pid, "SIGUSR1");
  await next.event("agent.ready", "a");
});

test("what makes an agent ready while no daemon runs is found by the next, even after the time to become ready", async () => {
  const { daemon, pid, output } = await daemonOfSecondSession();
  await daemon.kill();
  process.kill(pid, "SIGUSR1");
  await eventually(() => output().endsWith("up\n"), "the second session's word");
  rewriteRecords(daemon.home, DEADLINE, '"deadline":1');
  const next = await daemon.startAgain();
  expect(await next.until("a", ({ ready }) => ready)).toMatchObject({ pid, adopted: true, incarnation: 2 });
});

test("what a crashed session has left is swept although the daemon that began with it died, and its grace passed meanwhile", async () => {
  const script = `(trap "" TERM; exec setsid sleep 61) & echo up; wait`;
  const daemon = await startDaemon({
    config: {
      agents: {
        a: sh(script, { autostart: true, ready: { output: "up" }, restart: AT_ONCE, stop: { grace: "100ms" } }),
      },
    },
  });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  kill(pid);
  await daemon.event("agent.exited", "a");
  await daemon.kill();
  const next = await daemon.startAgain();
  await next.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
});

test("what should run is remembered, whatever autostart says, also across a clean end of the daemon", async () => {
  const daemon = await startDaemon({
    config: { agents: { auto: sh(SLEEP, { autostart: true }), manual: sh(SLEEP) } },
  });
  await daemon.until("auto", ({ ready }) => ready);
  await daemon.call("agent.stop", { agent: "auto" });
  await daemon.call("agent.start", { agent: "manual", wait: true });
  await daemon.stop();
  const next = await daemon.startAgain();
  expect(await next.until("manual", ({ ready }) => ready)).toMatchObject({ incarnation: 2, wanted: "up", restarts: 0 });
  expect(await next.agent("auto")).toMatchObject({ state: "stopped", wanted: "down" });
});

test("a crash loop and its history outlive the daemon", async () => {
  const restart = { ...AT_ONCE, max_attempts: 1 };
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 9", { autostart: true, restart }) } } });
  await daemon.until("a", ({ state }) => state === "failed");
  await daemon.kill();
  const next = await daemon.startAgain();
  expect(await next.agent("a")).toMatchObject({
    state: "failed",
    incarnation: 2,
    recentFailures: 2,
    lastExit: { code: 9 },
  });
});

test("a backoff that outlasts the daemon ends on time", async () => {
  const restart = { max_attempts: 3, backoff: "1h", jitter: 0 };
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 1", { autostart: true, restart }) } } });
  await daemon.event("agent.backoff", "a");
  await daemon.kill();
  // As if all but two seconds of the hour had passed: however long the daemon's end took, its backoff is not over.
  const mono = (): number => Number(process.hrtime.bigint()) / 1e6;
  const end = mono() + 2_000;
  rewriteRecords(daemon.home, DEADLINE, `"deadline":${end}`);
  const next = await daemon.startAgain();
  expect((await next.event("agent.starting", "a")).data).toEqual({ incarnation: 2 });
  expect(mono()).toBeGreaterThanOrEqual(end);
});

test("an adopted agent stays attached with the token of its session", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true }) } } });
  const token = await tokenOf(daemon, "a");
  await daemon.kill();
  for (const file of ["journal.ndjson", "daemon.json"])
    expect(readFileSync(daemon.path(file), "utf8")).not.toContain(token);
  const next = await daemon.startAgain();
  await next.until("a", ({ adopted }) => adopted);
  const wire = await next.connect();
  expect(await wire.call("system.attach", { token })).toMatchObject({ role: "agent", agent: "a", incarnation: 1 });
  wire.close();
});

/** Changes what a daemon that has ended wrote down, as if the world had changed instead. */
function rewriteRecords(home: string, from: string | RegExp, to: string): void {
  const file = `${home}/journal.ndjson`;
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
}

test("a process that has got the number of a dead agent is never signalled", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true, restart: AT_ONCE }) } } });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  kill(pid);
  const stranger = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  onTestFinished(() => {
    stranger.kill("SIGKILL");
  });
  rewriteRecords(daemon.home, `"pid":${pid},`, `"pid":${stranger.pid},`);
  const next = await daemon.startAgain();
  await next.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
  await next.stop();
  expect(isRunning(stranger.pid ?? 0)).toBe(true);
});

test("after a reboot what should run is started again, under numbers never used, and nothing counts as a failure", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP), b: sh(SLEEP) } } });
  const { agents } = await daemon.call("agent.start", { agent: "a", wait: true });
  await daemon.kill();
  const pid = agents[0]?.pid ?? 0;
  kill(pid);
  await eventually(() => !isRunning(pid), "the agent is gone");
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  rewriteRecords(daemon.home, boot, "another-boot");
  const next = await daemon.startAgain();
  const back = await next.until("a", ({ ready }) => ready);
  expect(back).toMatchObject({ restarts: 0, recentFailures: 0, lastExit: { reason: "the machine was restarted" } });
  expect(back.incarnation).toBeGreaterThan(1);
  expect(await next.agent("b")).toMatchObject({ state: "stopped", incarnation: 0 });
});

test("event numbers grow across daemons", async () => {
  const daemon = await startDaemon();
  const { seq } = await daemon.event("daemon.started");
  await daemon.kill();
  expect((await (await daemon.startAgain()).event("daemon.started")).seq).toBeGreaterThan(seq);
});
