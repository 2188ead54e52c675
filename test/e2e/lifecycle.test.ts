// The life of an agent: it starts, fails, is tried again with growing delays, and is given up in a crash loop.
import { mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newHome, sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { kill } from "../support/processes.js";
import { readIfThere } from "../support/read-if-there.js";

const AT_ONCE = { backoff: "0s", jitter: 0 } as const;
/** Whoever waits for a start is told of an end that comes this soon, in milliseconds. */
const AT_ONCE_MS = 250;

test("what is to start with the daemon starts with it, and nothing else does", async () => {
  const daemon = await startDaemon({
    config: { agents: { early: sh("sleep 60", { autostart: true }), late: sh("sleep 60") } },
  });
  const early = await daemon.until("early", ({ ready }) => ready);
  expect(early).toMatchObject({ state: "running", incarnation: 1, restarts: 0, wanted: "up", adopted: false });
  expect(await daemon.agent("late")).toMatchObject({ state: "stopped", incarnation: 0, pid: null, wanted: "down" });
});

test("while many agents start, others are answered, again and again", async () => {
  const names = Array.from({ length: 200 }, (_, number) => `team/a-${number}`);
  const daemon = await startDaemon({
    config: { agents: Object.fromEntries(names.map((name) => [name, sh("exec sleep 60")])) },
  });
  const other = await daemon.attach();
  await daemon.call("agent.start", { agent: "**" });
  const seen = new Set<number>();
  while (!seen.has(names.length)) {
    const { byState } = (await other.call("daemon.status", {})).agents;
    seen.add(byState.running);
  }
  expect(seen.size).toBeGreaterThan(10);
  other.close();
});

test("starting what runs and stopping what is stopped change nothing", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("sleep 60") } } });
  await daemon.call("agent.stop", { agent: "a" });
  const {
    agents: [first],
  } = await daemon.call("agent.start", { agent: "a", wait: true });
  const {
    agents: [again],
  } = await daemon.call("agent.start", { agent: "a", wait: true });
  expect(again).toMatchObject({ pid: first?.pid, incarnation: 1 });
});

test("an agent that is killed comes back with restarts 1 and the next incarnation", async () => {
  const daemon = await startDaemon({
    config: { agents: { a: sh("sleep 60", { autostart: true, restart: AT_ONCE }) } },
  });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  kill(pid);
  expect(await daemon.event("agent.exited", "a")).toMatchObject({ data: { incarnation: 1, signal: "SIGKILL" } });
  const back = await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
  expect(back).toMatchObject({
    restarts: 1,
    recentFailures: 1,
    lastExit: { signal: "SIGKILL", reason: "killed by SIGKILL" },
  });
  expect(back.pid).not.toBe(pid);
});

test("each failure in the window doubles the delay, the one after the last attempt is a crash loop", async () => {
  const restart = { max_attempts: 3, window: "1m", backoff: "40ms", jitter: 0 };
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 7", { autostart: true, restart }) } } });
  let before = await daemon.event("agent.starting", "a");
  for (const delayMs of [40, 80, 160]) {
    expect(await daemon.event("agent.backoff", "a")).toMatchObject({ data: { delayMs } });
    const started = await daemon.event("agent.starting", "a");
    // Not since the exit was told, which a busy machine does later than the delay began.
    expect(Date.parse(started.at) - Date.parse(before.at)).toBeGreaterThanOrEqual(delayMs - 5);
    before = started;
  }
  expect(await daemon.event("agent.failed", "a")).toMatchObject({
    data: { reason: "exited with code 7", recentFailures: 4 },
  });
  expect(await daemon.agent("a")).toMatchObject({
    state: "failed",
    incarnation: 4,
    restarts: 3,
    wanted: "down",
    pid: null,
  });
});

test("the delay stays within its jitter and under its bound", async () => {
  const restart = { max_attempts: 4, backoff: "100ms", backoff_max: "200ms", jitter: 0.5 };
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 1", { autostart: true, restart }) } } });
  for (const boundMs of [100, 200, 200]) {
    const { data } = await daemon.event("agent.backoff", "a");
    expect(data.delayMs).toBeGreaterThanOrEqual(boundMs * 0.5);
    expect(data.delayMs).toBeLessThanOrEqual(boundMs * 1.5);
  }
});

test("a failed agent refuses to start until it is reset, or with reset", async () => {
  const restart = { ...AT_ONCE, max_attempts: 1 };
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 3", { autostart: true, restart }) } } });
  await daemon.until("a", ({ state }) => state === "failed");

  const { error } = await daemon.wire.ask("agent.start", { agent: "a" });
  expect(error).toMatchObject({ code: -32005, data: { kind: "not-possible" } });
  expect(error?.message).toContain("exited with code 3");
  expect(error?.data.hint).toContain("hearth reset a");

  expect(await daemon.call("agent.reset", { agent: "a" })).toMatchObject({ state: "stopped", recentFailures: 0 });
  await daemon.call("agent.start", { agent: "a" });
  await daemon.until("a", ({ state, incarnation }) => state === "failed" && incarnation === 4);
  await daemon.call("agent.start", { agent: "a", reset: true });
  await daemon.until("a", ({ state, incarnation }) => state === "failed" && incarnation === 6);
});

test("failures older than the window are forgotten", async () => {
  const restart = { ...AT_ONCE, max_attempts: 1, window: "300ms" };
  const daemon = await startDaemon({
    config: { agents: { a: sh("sleep 0.4; exit 1", { autostart: true, restart }) } },
  });
  const status = await daemon.until("a", ({ restarts }) => restarts >= 3);
  expect(status.state).not.toBe("failed");
});

test("a clean end is not a failure, and is remembered as the agent's own wish", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 0", { autostart: true }) } } });
  await daemon.event("agent.stopped", "a");
  expect(await daemon.agent("a")).toMatchObject({
    state: "stopped",
    wanted: "down",
    restarts: 0,
    lastExit: { code: 0 },
  });
  await daemon.stop();
  const next = await daemon.startAgain();
  expect(await next.agent("a")).toMatchObject({ state: "stopped", incarnation: 1 });
});

test("with policy always a clean end is followed by another start, with never a failure is not", async () => {
  const daemon = await startDaemon({
    config: {
      agents: {
        eager: sh("exit 0", { autostart: true, restart: { ...AT_ONCE, policy: "always", max_attempts: 2 } }),
        once: sh("exit 1", { autostart: true, restart: { policy: "never" } }),
      },
    },
  });
  expect(await daemon.until("eager", ({ state }) => state === "failed")).toMatchObject({ incarnation: 3, restarts: 2 });
  expect(await daemon.until("once", ({ state }) => state === "stopped")).toMatchObject({ incarnation: 1, restarts: 0 });
});

test("start with wait tells that an agent ended at once", async () => {
  const daemon = await startDaemon({
    config: { agents: { a: sh("exit 1", { restart: { ...AT_ONCE, max_attempts: 0 } }) } },
  });
  const started = async () => {
    const { agents } = await daemon.call("agent.start", { agent: "a", wait: true, reset: true });
    const [begun, ended] = [await daemon.event("agent.starting", "a"), await daemon.event("agent.exited", "a")];
    return { agents, tookMs: Date.parse(ended.at) - Date.parse(begun.at) };
  };
  let { agents, tookMs } = await started();
  // Where it took its time to end, it was up for a while.
  while (tookMs >= AT_ONCE_MS) ({ agents, tookMs } = await started());
  expect(agents).toMatchObject([{ state: "failed", lastExit: { code: 1 } }]);
});

test("restart answers while the agent is still on its way, with wait once it is back", async () => {
  const ready = { output: "up" };
  const leave = 'trap "until [ -e $HEARTH_HOME/go ]; do sleep 0.02; done; exit 0" TERM';
  const slow = sh(`${leave}; echo up; while :; do sleep 0.05; done`, { ready });
  const daemon = await startDaemon({ config: { agents: { a: slow } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const {
    agents: [asked],
  } = await daemon.call("agent.restart", { agent: "a" });
  expect(asked).toMatchObject({ state: "stopping", incarnation: 1, ready: false });
  const waiting = daemon.call("agent.restart", { agent: "a", wait: true });
  // Whoever is answered after it knows that the daemon has heard it.
  await daemon.call("system.ping", {});
  writeFileSync(daemon.path("go"), "");
  const {
    agents: [back],
  } = await waiting;
  expect(back).toMatchObject({ state: "running", incarnation: 2, ready: true, restarts: 0 });
});

test("a command that is not found names the PATH that was searched, and is not tried again", async () => {
  const env = { PATH: "/nowhere:/else" };
  const daemon = await startDaemon({ config: { agents: { a: { command: "no-such-program", env } } } });
  const {
    agents: [status],
  } = await daemon.call("agent.start", { agent: "a", wait: true });
  expect(status).toMatchObject({ state: "failed", incarnation: 0, restarts: 0 });
  expect(status?.lastExit?.reason).toContain("no-such-program");
  expect(status?.lastExit?.reason).toContain("/nowhere:/else");
});

test("a working directory that is missing is named, and starting works once it is there", async () => {
  const cwd = join(newHome(), "missing");
  const daemon = await startDaemon({ config: { agents: { a: sh("sleep 60", { cwd }) } } });
  const {
    agents: [status],
  } = await daemon.call("agent.start", { agent: "a", wait: true });
  expect(status?.state).toBe("failed");
  expect(status?.lastExit?.reason).toBe(`working directory does not exist: ${cwd}`);
});

test("an added agent survives the daemon, a removed one does not, and its numbers are never used again", async () => {
  const daemon = await startDaemon();
  await daemon.call("agent.add", { name: "team/one", command: ["sleep", "60"] });
  await daemon.call("agent.add", { name: "team/two", command: ["sleep", "60"], autostart: true });
  await daemon.call("agent.start", { agent: "team/*", wait: true });
  await daemon.call("agent.remove", { agent: "team/two" });
  await daemon.stop();

  const next = await daemon.startAgain();
  await next.until("team/one", ({ ready, incarnation }) => ready && incarnation === 2);
  expect((await next.wire.ask("agent.get", { agent: "team/two" })).error?.code).toBe(-32004);
  await next.call("agent.add", { name: "team/two", command: ["sleep", "60"] });
  const {
    agents: [two],
  } = await next.call("agent.start", { agent: "team/two", wait: true });
  expect(two?.incarnation).toBe(2);
});

test("relative paths of an added agent start where hearth.toml is, also beside the home", async () => {
  const directory = newHome();
  writeFileSync(join(directory, "hearth.toml"), "");
  mkdirSync(join(directory, "sub"));
  const daemon = await startDaemon({ home: join(directory, ".hearth") });
  const { command } = sh("echo here; echo odd >&2; exec sleep 60");
  const ready = { output: "here" };
  await daemon.call("agent.add", { name: "a", command, ready, cwd: "sub", stderr: "odd.err" });
  const added = await daemon.call("agent.start", { agent: "a", wait: true });
  expect(added.agents).toMatchObject([{ state: "running", ready: true }]);
  const pid = added.agents[0]?.pid;
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(join(directory, "sub"));
  await eventually(
    () => readIfThere(join(directory, "odd.err")) === "odd\n",
    "stderr is in the file beside hearth.toml",
  );
});

test("an agent of hearth.toml can't be removed, one that another depends on neither, a name is not given twice", async () => {
  const daemon = await startDaemon({ config: { agents: { fixed: sh("sleep 60") } } });
  await daemon.call("agent.add", { name: "base", command: "sleep 60" });
  await daemon.call("agent.add", { name: "upper", command: "sleep 60", depends_on: ["base"] });
  for (const request of [
    { method: "agent.remove", params: { agent: "fixed" } },
    { method: "agent.remove", params: { agent: "base" } },
    { method: "agent.add", params: { name: "base", command: "true" } },
  ]) {
    expect((await daemon.wire.ask(request.method, request.params)).error).toMatchObject({ code: -32005 });
  }
});
