// The protocol at the socket beyond the letter of JSON-RPC: attach before all else, framing, waits, and bounds that hold.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { methods } from "../../protocol/methods.js";
import { sh, sharedDaemon, startDaemon, type TestDaemon } from "../support/daemon.js";
import type { Message, Wire } from "../support/wire.js";

const OPEN_TO_ANYONE = ["system.ping", "system.version", "system.attach", "rpc.discover"];

async function freshWire(daemon: TestDaemon): Promise<Wire> {
  const wire = await daemon.connect();
  onTestFinished(() => wire.close());
  return wire;
}

const ours = sharedDaemon({ config: { agents: { gateway: sh("true") } } });

test("before attach only four methods are answered, everything else is -32002", async () => {
  const wire = await freshWire(ours());
  for (const [method, { access }] of Object.entries(methods)) {
    const { error } = await wire.ask(method, {});
    if (OPEN_TO_ANYONE.includes(method)) expect(error?.code, method).not.toBe(-32002);
    else expect({ method, access, code: error?.code }).toEqual({ method, access, code: -32002 });
  }
});

test("rpc.discover describes every method that is served", async () => {
  const wire = await freshWire(ours());
  const { methods: described } = (await wire.call("rpc.discover", {})) as { methods: { name: string }[] };
  expect(
    described
      .map(({ name }) => name)
      .filter((name) => Object.hasOwn(methods, name))
      .toSorted(),
  ).toEqual(Object.keys(methods).toSorted());
});

test("a bad token is -32001, and the connection stays open for a better one", async () => {
  const daemon = await startDaemon();
  const wire = await freshWire(daemon);
  expect((await wire.ask("system.attach", { token: "guessed" })).error).toMatchObject({
    code: -32001,
    data: { kind: "bad-token" },
  });
  expect((await wire.ask("daemon.status", {})).error?.code).toBe(-32002);
  expect(await wire.call("system.attach", { token: daemon.descriptor.token })).toEqual({
    role: "operator",
    protocolVersion: 1,
  });
});

test("requests may follow attach without waiting for its answer", async () => {
  const daemon = await startDaemon();
  const wire = await freshWire(daemon);
  const attached = wire.ask("system.attach", { token: daemon.descriptor.token });
  const status = wire.ask("daemon.status", {});
  expect((await attached).error).toBeUndefined();
  expect((await status).result).toMatchObject({ pid: daemon.pid });
});

test("answers carry their request's id, however many are under way", async () => {
  const daemon = await startDaemon({ config: { agents: { slow: sh("sleep 60", { ready: { delay: "300ms" } }) } } });
  const slow = daemon.wire.ask("agent.start", { agent: "slow", wait: true });
  const quick = await Promise.all(Array.from({ length: 200 }, () => daemon.call("system.ping", {})));
  expect(quick).toHaveLength(200);
  expect((await slow).result).toMatchObject({ agents: [{ agent: "slow", ready: true }] });
});

test.each<[string, string, unknown, number, string]>([
  ["an unknown field", "agent.get", { agent: "a", verbose: true }, -32602, "verbose"],
  ["positional params", "agent.get", ["a"], -32602, "name"],
  ["a wrong type", "agent.logs", { agent: "a", lines: "many" }, -32602, "lines"],
  ["a missing field", "agent.get", {}, -32602, "agent"],
  ["a name that is none", "agent.get", { agent: "../x" }, -32602, "agent"],
  ["an unknown agent, with the nearest", "agent.get", { agent: "gatewy" }, -32004, '"gateway"'],
  ["an unknown method, with the nearest", "agent.gett", {}, -32601, '"agent.get"'],
  ["a method of every object", "toString", {}, -32601, "toString"],
  ["a constructor", "constructor", {}, -32601, "constructor"],
  ["params that are no structure", "system.ping", 7, -32600, "params"],
  ["an event type that does not exist", "events.subscribe", { types: ["agent.exitted"] }, -32602, "agent.exited"],
])("%s", async (_what, method, params, code, words) => {
  const { error } = await ours().wire.ask(method, params);
  expect(error?.code).toBe(code);
  expect(`${error?.message} ${error?.data.hint} ${JSON.stringify(error?.data)}`).toContain(
    words.replaceAll('"', "").trim(),
  );
  expect(error?.data).toMatchObject({ kind: expect.any(String), hint: expect.any(String) });
});

const PING = { jsonrpc: "2.0", method: "system.ping" };
const pong = (id: unknown) => ({ jsonrpc: "2.0", id, result: { pong: true, at: expect.any(String) } });

test.each<[string, Uint8Array]>([
  ["text that is not JSON", Buffer.from("{nonsense}\n")],
  ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a])],
])("%s is -32700, and the connection stays usable", async (_what, bytes) => {
  const wire = await freshWire(ours());
  wire.write(bytes);
  expect(await wire.receive()).toMatchObject({ id: null, error: { code: -32700 } });
  expect(await wire.call("system.ping", {})).toMatchObject({ pong: true });
});

test("frames may come in any pieces, and with carriage returns", async () => {
  const wire = await freshWire(ours());
  for (const byte of `${JSON.stringify({ ...PING, id: "é" })}\r\n`) wire.write(byte);
  expect(await wire.receive()).toEqual(pong("é"));
});

test("a frame over 64 KiB before attach is -32010 and ends the connection, after attach it is fine", async () => {
  const daemon = await startDaemon();
  const large = `${JSON.stringify({ ...PING, id: 1, params: { padding: "x".repeat(70_000) } })}\n`;
  const stranger = await freshWire(daemon);
  stranger.write(large);
  expect(await stranger.receive()).toMatchObject({ id: null, error: { code: -32010 } });
  await stranger.closed;
  const operator = await daemon.attach();
  onTestFinished(() => operator.close());
  operator.write(large);
  expect(await operator.receive()).toMatchObject({ id: 1, error: { code: -32602 } });
});

test("a frame of over 16 MiB ends the connection, and only that one", async () => {
  const daemon = await startDaemon();
  const wire = await daemon.attach();
  wire.write(`"${"x".repeat(17 * 1024 * 1024)}"\n`);
  expect(await wire.receive()).toMatchObject({ error: { code: -32010 } });
  await wire.closed;
  expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
});

test("an editor's Content-Length framing is answered in kind", async () => {
  const daemon = await startDaemon();
  const socket = connect(daemon.descriptor.socketPath);
  const body = JSON.stringify({ ...PING, id: 1 });
  socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  const [head = "", answer = ""] = chunk.toString().split("\r\n\r\n");
  expect(head).toBe(`Content-Length: ${Buffer.byteLength(answer)}`);
  expect(JSON.parse(answer)).toEqual(pong(1));
});

test("a client that shuts its sending side still gets its answers, also late ones", async () => {
  const daemon = await startDaemon({ config: { agents: { slow: sh("sleep 60", { ready: { delay: "300ms" } }) } } });
  const wire = await daemon.attach();
  const late = wire.ask("agent.start", { agent: "slow", wait: true });
  const early = wire.ask("system.ping");
  wire.end();
  expect((await early).result).toMatchObject({ pong: true });
  expect((await late).result).toMatchObject({ agents: [{ ready: true }] });
  await wire.closed;
});

test("$/cancelRequest ends a wait with -32800, and the agent goes on", async () => {
  const daemon = await startDaemon({ config: { agents: { never: sh("sleep 60", { ready: { output: "never" } }) } } });
  daemon.wire.send({ jsonrpc: "2.0", id: "wait", method: "agent.start", params: { agent: "never", wait: true } });
  await daemon.event("agent.running", "never");
  daemon.wire.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "wait" } });
  expect(await daemon.wire.receive(({ id }) => id === "wait")).toMatchObject({ error: { code: -32800 } });
  expect(await daemon.agent("never")).toMatchObject({ state: "running" });
});

test("a batch of a thousand is answered in full, a larger one is -32009 as a whole, and others are served meanwhile", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("true") } } });
  const wire = await daemon.attach();
  onTestFinished(() => wire.close());
  const batch = (length: number) => Array.from({ length }, (_, id) => ({ ...PING, id }));
  wire.send(batch(1_000));
  expect(await wire.receive()).toEqual(batch(1_000).map(({ id }) => pong(id)));
  const starts = batch(10_000).map((request) => ({ ...request, method: "agent.start", params: { agent: "a" } }));
  wire.send(starts);
  expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
  expect(await wire.receive()).toMatchObject({ id: null, error: { code: -32009, data: { kind: "limit-reached" } } });
  expect(await wire.call("agent.get", { agent: "a" })).toMatchObject({ incarnation: 0 });
});

test("more waits than a connection may have are -32009, and calls go on beside them", async () => {
  const daemon = await startDaemon({ config: { agents: { never: sh("sleep 60", { ready: { output: "never" } }) } } });
  for (let wait = 0; wait < 65; wait++) {
    daemon.wire.send({
      jsonrpc: "2.0",
      id: `wait ${wait}`,
      method: "agent.start",
      params: { agent: "never", wait: true },
    });
  }
  const { error } = (await daemon.wire.receive(({ id }) => String(id).startsWith("wait"))) as Message;
  expect(error).toMatchObject({ code: -32009 });
  expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
});

test("events.subscribe: by type and agent, from a number on, until unsubscribed; an unknown number is told", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60"), b: sh("exec sleep 60") } } });
  await daemon.call("agent.start", { agent: "*", wait: true });
  const { seq: since } = await daemon.event("agent.starting", "a");

  const wire = await daemon.attach();
  onTestFinished(() => wire.close());
  const { subscription } = await wire.call("events.subscribe", { types: ["agent.ready"], agents: ["a"], since });
  expect(await wire.receive()).toMatchObject({
    params: { subscription, type: "agent.ready", agent: "a", data: { incarnation: 1 } },
  });

  await wire.call("events.unsubscribe", { subscription });
  await daemon.call("agent.restart", { agent: "*", wait: true });
  expect((await wire.ask("events.unsubscribe", { subscription })).error?.code).toBe(-32005);

  const { subscription: unknown } = await wire.call("events.subscribe", { types: ["daemon.*"], since: 1 });
  expect(await wire.receive()).toMatchObject({
    method: "events.lagged",
    params: { subscription: unknown, missed: null },
  });
});

test("a daemon that is going takes no new work", async () => {
  const leave = 'trap "until [ -e $HEARTH_HOME/go ]; do sleep 0.02; done; exit 0" TERM';
  const slow = sh(`${leave}; echo up; while :; do sleep 0.05; done`, {
    ready: { output: "up" },
    stop: { grace: "5m" },
  });
  const daemon = await startDaemon({ config: { agents: { slow, other: sh("exec sleep 60") } } });
  await daemon.call("agent.start", { agent: "slow", wait: true });
  await daemon.call("daemon.shutdown", {});
  await daemon.event("daemon.stopping");
  expect((await daemon.wire.ask("agent.start", { agent: "other" })).error).toMatchObject({ code: -32008 });
  writeFileSync(daemon.path("go"), "");
  expect(await daemon.ended).toMatchObject({ code: 0 });
});
