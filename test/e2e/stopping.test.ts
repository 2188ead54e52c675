// What a stop promises: everything of a session is gone, in the right order, however it resists.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { parseDescriptor } from "../../protocol/descriptor.js";
import { newHome, runDaemon, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { within } from "../support/deadline.js";
import { isRunning, kill, processesOf } from "../support/processes.js";
import { readIfThere } from "../support/read-if-there.js";

/** Starts, through a parent that ends at once, a grandchild in a session of its own that listens and ignores SIGTERM. */
const ORPHAN_MAKER = `
  const { spawn } = require("node:child_process");
  if (process.argv[2] === "grandchild") {
    process.on("SIGTERM", () => {});
    const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log("port", server.address().port));
  } else if (process.argv[2] === "parent") {
    spawn(process.execPath, [__filename, "grandchild"], { detached: true, stdio: "inherit" }).unref();
  } else {
    spawn(process.execPath, [__filename, "parent"], { stdio: "inherit" });
    setInterval(() => {}, 1e9);
  }
`;

async function daemonWithOrphan(): Promise<{ readonly daemon: TestDaemon; readonly port: number }> {
  const home = newHome();
  writeFileSync(`${home}/orphan-maker.cjs`, ORPHAN_MAKER);
  const agent = {
    command: [process.execPath, "orphan-maker.cjs"],
    ready: { output: "port" },
    stop: { grace: "200ms" },
  };
  const daemon = await startDaemon({ home, config: { agents: { agent: { ...agent, restart: { backoff: "0s" } } } } });
  await daemon.call("agent.start", { agent: "agent", wait: true });
  const { lines } = await daemon.call("agent.logs", { agent: "agent" });
  return { daemon, port: Number(lines[0]?.split(" ")[1]) };
}

function isPortOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    // Where nobody listens, the kernel may give the caller this very port and connect it with itself.
    socket.once("connect", () => resolve(socket.localPort !== port)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("stop answers when even an orphaned grandchild in a session of its own has let go of its port", async () => {
  const { daemon, port } = await daemonWithOrphan();
  expect(await isPortOpen(port)).toBe(true);
  const { agents } = await daemon.call("agent.stop", { agent: "agent" });
  expect(await isPortOpen(port)).toBe(false);
  expect(agents).toMatchObject([{ state: "stopped", pid: null }]);
  expect(processesOf(daemon.home).map(({ pid }) => pid)).toEqual([daemon.pid]);
});

test("a crash empties the session before the next one begins", async () => {
  const { daemon, port } = await daemonWithOrphan();
  const { pid } = await daemon.agent("agent");
  kill(pid);
  await daemon.until("agent", ({ incarnation, ready }) => incarnation === 2 && ready);
  expect(await isPortOpen(port)).toBe(false);
});

test("an agent that ignores SIGTERM is killed when its grace is over", async () => {
  const stubborn = sh('trap "" TERM; echo up; while :; do sleep 0.05; done', {
    ready: { output: "up" },
    stop: { grace: "200ms" },
  });
  const daemon = await startDaemon({ config: { agents: { stubborn } } });
  await daemon.call("agent.start", { agent: "stubborn", wait: true });
  const began = performance.now();
  const { agents } = await daemon.call("agent.stop", { agent: "stubborn" });
  expect(performance.now() - began).toBeGreaterThanOrEqual(200);
  expect(agents).toMatchObject([{ state: "stopped", lastExit: { signal: "SIGKILL" } }]);
});

test("an agent that was stopped by SIGSTOP can be stopped for good", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60") } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  await daemon.call("agent.signal", { agent: "a", signal: "SIGSTOP" });
  const { agents } = await daemon.call("agent.stop", { agent: "a" });
  expect(agents).toMatchObject([{ state: "stopped", lastExit: { signal: "SIGTERM" } }]);
});

test("the signal is the one the definition names", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60", { stop: { signal: "SIGINT" } }) } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const { agents } = await daemon.call("agent.stop", { agent: "a" });
  expect(agents).toMatchObject([{ lastExit: { signal: "SIGINT" } }]);
});

test("stop without wait answers at once, and the stop goes on", async () => {
  const slow = sh('trap "sleep 0.3; exit 0" TERM; echo up; while :; do sleep 0.05; done', { ready: { output: "up" } });
  const daemon = await startDaemon({ config: { agents: { slow } } });
  await daemon.call("agent.start", { agent: "slow", wait: true });
  const { agents } = await daemon.call("agent.stop", { agent: "slow", wait: false });
  expect(agents).toMatchObject([{ state: "stopping", wanted: "down" }]);
  await daemon.event("agent.stopped", "slow");
});

test("a stop that nobody waits for any more goes on", async () => {
  const slow = sh('trap "sleep 0.3; exit 0" TERM; echo up; while :; do sleep 0.05; done', { ready: { output: "up" } });
  const daemon = await startDaemon({ config: { agents: { slow } } });
  await daemon.call("agent.start", { agent: "slow", wait: true });
  const impatient = await daemon.attach();
  impatient.send({ jsonrpc: "2.0", id: 1, method: "agent.stop", params: { agent: "slow" } });
  await daemon.event("agent.stopping", "slow");
  impatient.close();
  await daemon.event("agent.stopped", "slow");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s stops dependents before what they depend on, then the daemon",
  async (signal) => {
    const home = newHome();
    const leaving = (name: string) =>
      `trap 'echo ${name} >> ${home}/order; exit 0' TERM; echo up; while :; do sleep 0.02; done`;
    const ready = { output: "up" };
    const daemon = await startDaemon({
      home,
      config: {
        agents: {
          db: sh(leaving("db"), { ready }),
          api: sh(leaving("api"), { ready, depends_on: ["db"] }),
          web: sh(leaving("web"), { ready, depends_on: ["api"], autostart: true }),
        },
      },
    });
    const pids = await Promise.all(["db", "api", "web"].map((name) => daemon.until(name, (status) => status.ready)));
    await daemon.until("web", (status) => status.ready);
    expect(await daemon.kill(signal)).toMatchObject({ code: 0 });
    expect(readFileSync(`${home}/order`, "utf8")).toBe("web\napi\ndb\n");
    expect(pids.filter(({ pid }) => isRunning(pid ?? 0))).toEqual([]);
    expect([`${home}/daemon.json`, `${home}/daemon.sock`].filter(existsSync)).toEqual([]);
    expect(readdirSync(`${home}/run`, { withFileTypes: true }).filter((entry) => entry.isSocket())).toEqual([]);
  },
);

test("stopping many at once keeps their order as well", async () => {
  const daemon = await startDaemon({
    config: { agents: { "t/base": sh("exec sleep 60"), "t/upper": sh("exec sleep 60", { depends_on: ["t/base"] }) } },
  });
  await daemon.call("agent.start", { agent: "t/*", wait: true });
  await daemon.call("agent.stop", { agent: "t/*" });
  const [upper, base] = [
    await daemon.event("agent.stopped", "t/upper"),
    await daemon.event("agent.stopping", "t/base"),
  ];
  expect(upper.seq).toBeLessThan(base.seq);
});

test("a daemon that is told to end as soon as it can be found leaves no agent behind, started or adopted", async () => {
  const home = newHome();
  const agents = Object.fromEntries(["a", "b", "c"].map((name) => [name, sh("exec sleep 60", { autostart: true })]));
  for (let round = 0; round < 8; round++) {
    const adopting = round % 2 === 1;
    let earlier: TestDaemon | null = null;
    if (adopting) {
      earlier = await startDaemon({ home, config: { agents } });
      for (const name of Object.keys(agents)) await earlier.until(name, ({ ready }) => ready);
      await earlier.kill();
    }
    const ending = runDaemon({ home, config: { agents } });
    process.kill(await within(whoServes(home, earlier), () => "a descriptor"), "SIGTERM");
    expect(await ending).toMatchObject({ code: 0 });
    expect(processesOf(home)).toEqual([]);
  }
});

/** The PID in the descriptor as soon as it is of another daemon: that of one that was killed may be anybody's now. */
async function whoServes(home: string, earlier: TestDaemon | null): Promise<number> {
  for (;;) {
    const parsed = parseDescriptor(readIfThere(`${home}/daemon.json`));
    if (parsed.ok && parsed.descriptor.instanceId !== earlier?.descriptor.instanceId) return parsed.descriptor.pid;
    // Every moment counts, so nobody waits for a timer.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
