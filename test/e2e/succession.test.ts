// A daemon that ends alone, or is replaced by the program on disk, while its agents go on.
import { copyFileSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { AgentStatus } from "../../protocol/methods.js";
import { attachAs } from "../support/attached.js";
import { configure, HEARTHD, newHome, readDescriptor, sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning, processesOf } from "../support/processes.js";
import type { Message } from "../support/wire.js";

const CONFIG = { agents: { a: sh("exec sleep 60", { autostart: true }), b: sh("exec sleep 60", { autostart: true }) } };

/** A copy of the program that a test may change. */
function copiedProgram(): string {
  const directory = newHome();
  copyFileSync(join(dirname(HEARTHD), "openrpc.json"), join(directory, "openrpc.json"));
  copyFileSync(HEARTHD, join(directory, "hearthd.cjs"));
  return join(directory, "hearthd.cjs");
}

const session = ({ pid, incarnation }: AgentStatus) => ({ pid, incarnation });

test("daemon.restart replaces a detached daemon: new instance, same home, same sessions", async () => {
  const daemon = await startDaemon({ config: CONFIG, args: ["--detached"] });
  const before = await Promise.all(["a", "b"].map((name) => daemon.until(name, ({ ready }) => ready)));
  await daemon.call("daemon.restart", {});
  expect(await daemon.ended).toMatchObject({ code: 0 });
  const successor = await daemon.successor();
  expect(successor.descriptor).toMatchObject({ socketPath: daemon.descriptor.socketPath });
  expect(successor.descriptor.instanceId).not.toBe(daemon.descriptor.instanceId);
  expect(successor.pid).not.toBe(daemon.pid);
  for (const status of before) {
    expect(session(await successor.until(status.agent, ({ adopted }) => adopted))).toEqual(session(status));
  }
  await successor.shutDown();
});

test("what a daemon is asked on its way out is done or refused as shutting down", async () => {
  let daemon = await startDaemon({ config: CONFIG });
  const refusals = new Set<number>();
  const note = ({ error }: Message): void => {
    if (error !== undefined) refusals.add(error.code);
  };
  // How much one is asked on its way out is up to the machine; sooner or later it is something.
  while (refusals.size === 0) {
    const agent = await attachAs(daemon, "a");
    const operator = await daemon.attach();
    let wanted = "up";
    await daemon.call("agent.start", { agent: "b" });
    const keepAsking = async (): Promise<void> => {
      for (let next = "down"; ; next = next === "up" ? "down" : "up") {
        const method = next === "up" ? "agent.start" : "agent.stop";
        const answer = await operator.ask(method, { agent: "b", wait: false });
        if (answer.error === undefined) wanted = next;
        note(answer);
        note(await agent.ask("handoff.put", { handoff: next }));
      }
    };
    const asking = keepAsking();
    await daemon.call("daemon.shutdown", { keepAgents: true });
    await expect(asking).rejects.toThrow("closed before");
    daemon = await daemon.startAgain();
    expect(await daemon.agent("b")).toMatchObject({ wanted });
  }
  expect([...refusals]).toEqual([-32008]);
});

test("a foreground daemon leaves its restart to whoever started it: exit 75, agents go on", async () => {
  const daemon = await startDaemon({ config: CONFIG });
  const before = await daemon.until("a", ({ ready }) => ready);
  await daemon.call("daemon.restart", {});
  expect(await daemon.ended).toMatchObject({ code: 75 });
  const next = await daemon.startAgain();
  expect(session(await next.until("a", ({ adopted }) => adopted))).toEqual(session(before));
});

test("daemon.restart is refused while the configuration or the program on disk could not start", async () => {
  const program = copiedProgram();
  const daemon = await startDaemon({ config: CONFIG, program });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  configure(daemon.home, "[agents.a]\ncommand = ");
  expect((await daemon.wire.ask("daemon.restart", {})).error).toMatchObject({
    code: -32005,
    data: { kind: "bad-config" },
  });
  configure(daemon.home, CONFIG);
  writeFileSync(program, "throw new Error('half a build')");
  expect((await daemon.wire.ask("daemon.restart", {})).error?.message).toContain("half a build");
  expect(await daemon.agent("a")).toMatchObject({ pid, state: "running" });
});

test("daemon.shutdown with keepAgents ends the daemon alone", async () => {
  const daemon = await startDaemon({ config: CONFIG });
  const before = await daemon.until("a", ({ ready }) => ready);
  await daemon.call("daemon.shutdown", { keepAgents: true });
  expect(await daemon.ended).toMatchObject({ code: 0 });
  expect(isRunning(before.pid ?? 0)).toBe(true);
  const next = await daemon.startAgain();
  expect(session(await next.until("a", ({ adopted }) => adopted))).toEqual(session(before));
});

test("executableIsNewer tells when the program on disk is not the one that runs", async () => {
  const program = copiedProgram();
  const daemon = await startDaemon({ program });
  expect(await daemon.call("daemon.status", {})).toMatchObject({ executableIsNewer: false });
  utimesSync(program, new Date(), new Date(Date.now() + 1000));
  expect(await daemon.call("daemon.status", {})).toMatchObject({ executableIsNewer: true });
});

test("a detached daemon says on stdout that it serves, and outlives its starter's terminal", async () => {
  const daemon = await startDaemon({ config: CONFIG, args: ["--detached"] });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  daemon.signal("SIGHUP");
  await daemon.event("daemon.reloaded");
  expect(await daemon.agent("a")).toMatchObject({ pid, incarnation: 1 });
});

test("a restart that comes when the daemon is already stopping starts no other", async () => {
  const slow = sh("trap 'until [ -e go ]; do sleep 0.02; done; exit' TERM; echo up; while :; do sleep 0.05; done", {
    autostart: true,
    ready: { output: "up" },
  });
  const daemon = await startDaemon({ config: { agents: { slow } }, args: ["--detached"] });
  await daemon.until("slow", ({ ready }) => ready);
  daemon.signal("SIGTERM");
  await daemon.event("daemon.stopping");
  await daemon.call("daemon.restart", {});
  writeFileSync(daemon.path("go"), "");
  expect(await daemon.ended).toMatchObject({ code: 0 });
  await eventually(() => processesOf(daemon.home).length === 0, "nothing is left");
});

test("a successor whose predecessor is killed before it gave its word is gone too", async () => {
  const program = copiedProgram();
  const daemon = await startDaemon({ program, args: ["--detached"] });
  // Slow enough for the kill to come first.
  const [shebang = "", ...lines] = readFileSync(program, "utf8").split("\n");
  const pause = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);";
  writeFileSync(program, [shebang, pause, ...lines].join("\n"));
  const others = () => processesOf(daemon.home).filter(({ pid }) => pid !== daemon.pid);
  daemon.wire.send({ jsonrpc: "2.0", method: "daemon.restart", params: {} });
  await eventually(() => others().length > 0, "the successor is being started");
  await daemon.kill();
  await eventually(() => others().length === 0, "the successor is gone");
  expect(readDescriptor(daemon.path("daemon.json"))).toEqual(daemon.descriptor);
});
