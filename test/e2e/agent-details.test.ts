// What the daemon tells of an agent beside its status, to those who ask for it.
import { expect, test } from "vitest";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

const SLEEPER = sh("sleep 600 & exec sleep 600", { autostart: true });
const FLAKY = sh('[ "$HEARTH_INCARNATION" = 1 ] && exit 3; exec sleep 600', {
  autostart: true,
  restart: { backoff: "20ms", jitter: 0 },
});

async function historyOf(daemon: TestDaemon, agent: string) {
  const { history = [] } = await daemon.call("agent.get", { agent, history: true });
  return history;
}

function statesIn(history: Awaited<ReturnType<typeof historyOf>>): Set<string> {
  return new Set(history.flatMap(({ states }) => states));
}

test("a status has nothing in it that was not asked for", async () => {
  const daemon = await startDaemon({ config: { agents: { sleeper: SLEEPER } } });
  const [listed] = (await daemon.call("agent.list", {})).agents;
  for (const status of [await daemon.agent("sleeper"), listed]) {
    expect(status).not.toHaveProperty("usage");
    expect(status).not.toHaveProperty("history");
    expect(status).not.toHaveProperty("restartPolicy");
  }
});

test("usage is told of every process of a session, and is null for one that is not there", async () => {
  const agents = { sleeper: SLEEPER, idle: sh("exec sleep 600") };
  const daemon = await startDaemon({ config: { agents } });
  await daemon.event("agent.ready", "sleeper");
  const used = async () => {
    const [idle, sleeper] = (await daemon.call("agent.list", { usage: true })).agents;
    expect(idle?.usage).toBeNull();
    return sleeper?.usage;
  };
  // Ready means that its shell runs, not that it has started the other one.
  await eventually(async () => (await used())?.processes === 2, "both processes are counted");
  expect(await used()).toEqual({ cpuPercent: expect.any(Number), memoryBytes: expect.any(Number), processes: 2 });
});

test("a daemon without ps tells no processor's time, and answers all the same", async () => {
  const daemon = await startDaemon({ config: { agents: { sleeper: { ...SLEEPER, command: ["/bin/sleep", "600"] } } } });
  await daemon.stop();
  const next = await startDaemon({ home: daemon.home, env: { PATH: daemon.home } });
  await next.event("agent.ready", "sleeper");
  const { usage } = await next.call("agent.get", { agent: "sleeper", usage: true });
  expect(usage).toEqual({ cpuPercent: null, memoryBytes: expect.any(Number), processes: 1 });
});

test("the restart policy is the definition's, with its defaults", async () => {
  const daemon = await startDaemon({ config: { agents: { flaky: FLAKY } } });
  const { restartPolicy } = await daemon.call("agent.get", { agent: "flaky", restartPolicy: true });
  expect(restartPolicy).toEqual({
    policy: "on-failure",
    maxAttempts: 3,
    windowMs: 300_000,
    backoffMs: 20,
    backoffMaxMs: 60_000,
    jitter: 0,
  });
});

test("the history of states is known to the next daemon, whether this one was replaced or killed", async () => {
  const daemon = await startDaemon({ config: { agents: { flaky: FLAKY } }, args: ["--detached"] });
  await daemon.until("flaky", ({ incarnation, ready }) => incarnation === 2 && ready);
  const before = await historyOf(daemon, "flaky");
  expect(statesIn(before)).toEqual(new Set(["stopped", "starting", "running", "backoff"]));
  expect(before.at(-1)?.states.at(-1)).toBe("running");
  await daemon.call("daemon.restart", {});
  const successor = await daemon.successor();
  expect(statesIn(await historyOf(successor, "flaky"))).toEqual(statesIn(before));
  successor.signal("SIGKILL");
  await eventually(() => !isRunning(successor.pid), "the successor has been killed");
  const third = await successor.startAgain();
  expect(statesIn(await historyOf(third, "flaky"))).toEqual(statesIn(before));
  await third.shutDown();
});

test("the latest events are listed in their order, by type and agent, without a subscription", async () => {
  const daemon = await startDaemon({ config: { agents: { flaky: FLAKY, sleeper: SLEEPER } } });
  await daemon.until("flaky", ({ incarnation, ready }) => incarnation === 2 && ready);
  const wish = { agents: ["flaky"], types: ["agent.exited", "agent.backoff", "agent.ready"], limit: 2 };
  const { events } = await daemon.call("events.list", wish);
  expect(events.map(({ type }) => type)).toEqual(["agent.backoff", "agent.ready"]);
  expect(events[1]).toMatchObject({ agent: "flaky", data: { incarnation: 2 } });
  expect((await daemon.call("events.list", { ...wish, limit: 50 })).events.slice(-2)).toEqual(events);
});
