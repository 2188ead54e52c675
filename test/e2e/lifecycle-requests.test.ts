// Lifecycle requests over the socket: their order, their keys, their age, and what comes of them in each state of an agent.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import type { LifecycleRequest } from "../../protocol/lifecycle.js";
import type { Params } from "../../protocol/methods.js";
import { attachAs } from "../support/attached.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, PATIENCE_MS } from "../support/deadline.js";
import { kill, processesOf } from "../support/processes.js";
import type { Wire } from "../support/wire.js";

const SLEEPER = sh("exec sleep 60", { autostart: true });
const HOUR_MS = 3_600_000;

/** Ends when it is told to and there is a file `go` in the home, and is not killed before, however long that takes. */
const unhurried = (rest: Omit<AgentDefinition, "command"> = {}) =>
  sh(UNHURRIED, { ready: UP, stop: { grace: "1h" }, ...rest });
const UNHURRIED = `trap 'until [ -e "$HEARTH_HOME/go" ]; do sleep 0.02; done; exit' TERM; echo up; while :; do sleep 0.05; done`;
const UP = { output: "up" };

function letGo(daemon: TestDaemon): void {
  writeFileSync(daemon.path("go"), "");
}

async function request(wire: Pick<Wire, "call">, params: Params<"lifecycle.request">): Promise<LifecycleRequest> {
  return (await wire.call("lifecycle.request", params)).request;
}

async function ended(wire: Pick<Wire, "call">, { id }: { readonly id: string }): Promise<LifecycleRequest> {
  return (await wire.call("lifecycle.wait", { id, timeoutMs: PATIENCE_MS })).request;
}

function fromNow(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

test("requests of one agent run in the order they came in, each with an incarnation of its own", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  await daemon.until("a", ({ ready }) => ready);
  const asked = await Promise.all([1, 2, 3].map(() => request(daemon, { agent: "a", action: "cycle" })));
  const ends = await Promise.all(asked.map((each) => ended(daemon, each)));
  expect(ends.map(({ state, incarnation }) => ({ state, ...incarnation }))).toEqual([
    { state: "done", before: 1, after: 2 },
    { state: "done", before: 2, after: 3 },
    { state: "done", before: 3, after: 4 },
  ]);
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 4, state: "running" });
});

test("a shutdown supersedes what waits behind it, and the agent stays down", async () => {
  const daemon = await startDaemon({ config: { agents: { a: unhurried() } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const actions = ["shutdown", "cycle", "restart", "shutdown"] as const;
  const asked = await Promise.all(actions.map((action) => request(daemon, { agent: "a", action })));
  letGo(daemon);
  const ends = await Promise.all(asked.map((each) => ended(daemon, each)));
  expect(ends.map(({ state }) => state)).toEqual(["done", "superseded", "superseded", "superseded"]);
  expect(await daemon.agent("a")).toMatchObject({ state: "stopped", wanted: "down", incarnation: 1 });
});

test("the same key is the same request while it is open and after it has ended; with other params it is refused", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER, b: SLEEPER } } });
  await daemon.until("a", ({ ready }) => ready);
  const params = { agent: "a", action: "cycle", key: "k", handoff: "go on", reason: "full" } as const;
  const [first, second] = await Promise.all([request(daemon, params), request(daemon, params)]);
  expect(second.id).toBe(first.id);
  await ended(daemon, first);
  expect(await request(daemon, params)).toMatchObject({ id: first.id, state: "done" });
  for (const other of [{ action: "shutdown" }, { handoff: "other" }, { reason: "other" }, { handoff: undefined }]) {
    const { error } = await daemon.wire.ask("lifecycle.request", { ...params, ...other });
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining("key") });
  }
  expect((await request(daemon, { ...params, agent: "b" })).id).not.toBe(first.id);
  expect((await request(await attachAs(daemon, "a"), params)).id).not.toBe(first.id);
});

test("a key is still known after a crash of the daemon", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const params = { agent: "a", action: "cycle", key: "k" } as const;
  const first = await request(daemon, params);
  await ended(daemon, first);
  await daemon.kill();
  const next = await daemon.startAgain();
  expect(await request(next, params)).toMatchObject({ id: first.id, state: "done" });
});

test("a request made seven hours ago is expired at once, one from the future is refused", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  await daemon.until("a", ({ ready }) => ready);
  const old = await request(daemon, { agent: "a", action: "shutdown", requestedAt: fromNow(-7 * HOUR_MS) });
  expect(old).toMatchObject({ state: "expired", incarnation: { before: null, after: null } });
  expect(await ended(daemon, old)).toEqual(old);
  const { error } = await daemon.wire.ask("lifecycle.request", {
    ...{ agent: "a", action: "shutdown", requestedAt: fromNow(6 * 60_000) },
  });
  expect(error).toMatchObject({ code: -32602, message: expect.stringContaining("requestedAt") });
  const meant = { agent: "a", action: "cycle", requestedAt: fromNow(4 * 60_000) } as const;
  expect(await ended(daemon, await request(daemon, meant))).toMatchObject({ state: "done" });
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 2 });
});

test("what is not understood is refused: an unknown action, another's name in `from`, a fresh start with a handoff", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const agent = await attachAs(daemon, "a");
  for (const wrong of [
    { action: "explode" },
    { action: "cycle", from: "operator" },
    { action: "restart", handoff: "x" },
  ]) {
    expect((await agent.ask("lifecycle.request", wrong)).error).toMatchObject({ code: -32602 });
  }
  expect((await daemon.wire.ask("lifecycle.request", { action: "cycle" })).error).toMatchObject({ code: -32602 });
  const unknown = await daemon.wire.ask("lifecycle.request", { agent: "aa", action: "cycle" });
  expect(unknown.error).toMatchObject({ code: -32004, data: { suggestions: ["a"] } });
  expect(await daemon.call("lifecycle.list", {})).toEqual({ requests: [] });
});

test("an agent that asks for its own end hears the answer first", async () => {
  const program = `
    const socket = require("node:net").connect(process.env.HEARTH_SOCKET);
    socket.setEncoding("utf8").on("data", (text) => console.log(process.env.HEARTH_INCARNATION + " heard " + text));
    process.on("SIGTERM", () => socket.end());
    const send = (id, method, params) => socket.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\\n");
    send(1, "system.attach", { token: process.env.HEARTH_TOKEN });
    if (process.env.HEARTH_INCARNATION === "1") send(2, "lifecycle.request", { action: "cycle" });
  `;
  const agents = { a: { command: [process.execPath, "-e", program], autostart: true } };
  const daemon = await startDaemon({ config: { agents } });
  await daemon.event("lifecycle.done", "a");
  const { lines } = await daemon.call("agent.logs", { agent: "a" });
  const answer = lines.find((line) => line.includes('"id":2') || line.includes('"id": 2'));
  expect(answer).toContain('"accepted"');
  const { requests } = await daemon.call("lifecycle.list", {});
  expect(requests).toMatchObject([{ from: "a", state: "done", incarnation: { before: 1, after: 2 } }]);
});

test("what a session asked for itself is superseded once that session is gone", async () => {
  const daemon = await startDaemon({ config: { agents: { a: SLEEPER } } });
  const agent = await attachAs(daemon, "a");
  const asked = await Promise.all([1, 2].map(() => request(agent, { action: "restart" })));
  const ends = await Promise.all(asked.map((each) => ended(daemon, each)));
  expect(ends.map(({ state }) => state)).toEqual(["done", "superseded"]);
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 2 });
});

test("a cycle starts an agent that is stopped; a shutdown of it is done at once", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60") } } });
  const shutdown = await ended(daemon, await request(daemon, { agent: "a", action: "shutdown" }));
  expect(shutdown).toMatchObject({ state: "done", incarnation: { before: 0, after: null } });
  const cycle = await ended(daemon, await request(daemon, { agent: "a", action: "cycle" }));
  expect(cycle).toMatchObject({ state: "done", incarnation: { before: 0, after: 1 } });
  expect(await daemon.agent("a")).toMatchObject({ state: "running", wanted: "up", incarnation: 1 });
});

test("an agent in a crash loop is not started by a request", async () => {
  const restart = { max_attempts: 0 };
  const daemon = await startDaemon({ config: { agents: { a: sh("exit 3", { autostart: true, restart }) } } });
  await daemon.until("a", ({ state }) => state === "failed");
  for (const action of ["cycle", "restart"] as const) {
    expect(await ended(daemon, await request(daemon, { agent: "a", action }))).toMatchObject({
      state: "failed",
      error: { kind: "not-possible", message: expect.stringContaining("crash loop") },
    });
  }
  expect(await daemon.agent("a")).toMatchObject({ state: "failed", incarnation: 1 });
});

test("requests for an agent that is being removed fail, and do not bring it back", async () => {
  const daemon = await startDaemon();
  await daemon.call("agent.add", { name: "a", ...unhurried() });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const removed = daemon.call("agent.remove", { agent: "a" });
  const asked = await Promise.all(
    (["cycle", "restart"] as const).map((action) => request(daemon, { agent: "a", action })),
  );
  letGo(daemon);
  for (const each of asked) expect(await ended(daemon, each)).toMatchObject({ state: "failed" });
  await removed;
  expect(await daemon.call("agent.list", {})).toEqual({ agents: [] });
  expect(processesOf(daemon.home).map(({ pid }) => pid)).toEqual([daemon.pid]);
});

test("a daemon that is stopping starts nothing for a request; the next one carries on", async () => {
  const daemon = await startDaemon({ config: { agents: { a: unhurried({ autostart: true }) } } });
  await daemon.until("a", ({ ready }) => ready);
  const asked = await Promise.all([1, 2].map(() => request(daemon, { agent: "a", action: "cycle" })));
  await daemon.event("agent.stopping", "a");
  const ending = daemon.stop();
  await daemon.event("daemon.stopping");
  letGo(daemon);
  await ending;
  expect(processesOf(daemon.home)).toEqual([]);
  const next = await daemon.startAgain();
  for (const each of asked) expect(await ended(next, each)).toMatchObject({ state: "done" });
  expect(await next.until("a", ({ ready }) => ready)).toMatchObject({ incarnation: 3 });
});

test("a wait ends with its time, with a cancellation, and is refused beyond 64", async () => {
  const daemon = await startDaemon({
    config: {
      agents: { a: sh("trap '' TERM; echo up; while :; do sleep 0.1; done", { ready: UP, stop: { grace: "5m" } }) },
    },
  });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const { id } = await request(daemon, { agent: "a", action: "shutdown" });
  const { wire } = daemon;
  expect((await wire.ask("lifecycle.wait", { id, timeoutMs: 1 })).error).toMatchObject({ code: -32006 });
  expect((await wire.ask("lifecycle.wait", { id: "none" })).error).toMatchObject({ code: -32011 });
  expect((await wire.ask("lifecycle.get", { id: "none" })).error).toMatchObject({ code: -32011 });
  const other = await daemon.attach();
  onTestFinished(() => other.close());
  for (let wait = 1; wait <= 65; wait++) {
    other.send({ jsonrpc: "2.0", id: `w${wait}`, method: "lifecycle.wait", params: { id } });
  }
  expect(await other.receive((message) => message.id === "w65")).toMatchObject({ error: { code: -32009 } });
  other.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "w1" } });
  expect(await other.receive((message) => message.id === "w1")).toMatchObject({ error: { code: -32800 } });
  const { pid } = await daemon.agent("a");
  kill(pid);
  const answer = await other.receive((message) => message.id === "w64");
  expect(answer).toMatchObject({ result: { request: { id, state: "done" } } });
});

test("the list has the latest first, by agent, by state and by number", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60"), "b/c": sh("exec sleep 60") } } });
  const ids: string[] = [];
  for (const agent of ["a", "b/c", "a"]) {
    const { id } = await request(daemon, { agent, action: "shutdown" });
    ids.push((await ended(daemon, { id })).id);
  }
  const late = await request(daemon, { agent: "a", action: "cycle", requestedAt: fromNow(-7 * HOUR_MS) });
  const listed = async (params: Params<"lifecycle.list">) =>
    (await daemon.call("lifecycle.list", params)).requests.map(({ id }) => id);
  expect(await listed({})).toEqual([late.id, ids[2], ids[1], ids[0]]);
  expect(await listed({ agent: "b/*" })).toEqual([ids[1]]);
  expect(await listed({ agent: "a", state: "done" })).toEqual([ids[2], ids[0]]);
  expect(await listed({ state: "expired" })).toEqual([late.id]);
  expect(await listed({ limit: 2 })).toEqual([late.id, ids[2]]);
});

test("a request that nobody waits to hear the answer of is carried out all the same", async () => {
  const home = newHome();
  const daemon = await startDaemon({ home, config: { agents: { a: sh(`touch ${home}/ran; exec sleep 60`) } } });
  const hasty = await daemon.attach();
  hasty.send({ jsonrpc: "2.0", method: "lifecycle.request", params: { agent: "a", action: "cycle" } });
  hasty.end();
  await eventually(() => existsSync(`${home}/ran`), "the agent runs");
  expect(readFileSync(`${home}/ran`, "utf8")).toBe("");
});
