// An agent's own token: it proves who speaks, lets an agent act on itself alone, and dies with its session.
import { expect, onTestFinished, test } from "vitest";
import { attachAs, tokenOf } from "../support/attached.js";
import { sh, startDaemon } from "../support/daemon.js";
import type { Message } from "../support/wire.js";

const AGENTS = { self: sh("exec sleep 60", { autostart: true }), other: sh("exec sleep 60", { autostart: true }) };

test("a session's token names its agent and incarnation", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const wire = await daemon.connect();
  onTestFinished(() => wire.close());
  expect(await wire.call("system.attach", { token: await tokenOf(daemon, "self") })).toEqual({
    role: "agent",
    agent: "self",
    incarnation: 1,
    protocolVersion: 1,
  });
});

test("an agent may look at everything and act on itself, but on nobody else", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  await daemon.until("other", ({ ready }) => ready);
  const agent = await attachAs(daemon, "self");
  expect(await agent.call("agent.get", { agent: "other" })).toMatchObject({ state: "running" });
  for (const [method, params] of [
    ["agent.restart", { agent: "other" }],
    ["agent.stop", { agent: "*" }],
    ["agent.stop", { agent: "other" }],
    ["agent.start", { agent: "other" }],
    ["agent.signal", { agent: "self", signal: "SIGTERM" }],
    ["agent.reset", { agent: "self" }],
    ["agent.add", { name: "new", command: "true" }],
    ["agent.remove", { agent: "other" }],
    ["daemon.shutdown", {}],
    ["daemon.restart", {}],
    ["daemon.reload", {}],
  ] as const) {
    expect({ method, error: (await agent.ask(method, params)).error }).toMatchObject({
      method,
      error: { code: -32003 },
    });
  }
  expect(await daemon.agent("other")).toMatchObject({ state: "running", incarnation: 1 });
});

test("an agent that restarts itself gets its answer, and a new session follows", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const agent = await attachAs(daemon, "self");
  expect(await agent.call("agent.restart", { agent: "self" })).toMatchObject({
    agents: [{ agent: "self", incarnation: 1 }],
  });
  await daemon.until("self", ({ incarnation, ready }) => incarnation === 2 && ready);
});

test("a token dies with its session, for new connections and for those that attached with it", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const token = await tokenOf(daemon, "self");
  const agent = await attachAs(daemon, "self");
  await daemon.call("agent.restart", { agent: "self", wait: true });
  expect((await agent.ask("agent.get", { agent: "self" })).error).toMatchObject({ code: -32002 });
  expect((await agent.ask("agent.restart", { agent: "self" })).error).toMatchObject({ code: -32002 });
  expect((await agent.ask("system.attach", { token })).error).toMatchObject({ code: -32001 });
  expect(await daemon.agent("self")).toMatchObject({ incarnation: 2 });
});

test("a session's subscriptions end with it, not before it has heard of its end", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const agent = await attachAs(daemon, "self");
  await agent.call("events.subscribe", {});
  await agent.call("logs.follow", { agent: "daemon", lines: 0 });
  await daemon.call("agent.stop", { agent: "self" });
  await agent.receive(({ method }) => method === "shutdown.requested", "the request to end");
  await agent.event("agent.exited", "self");
  await daemon.call("agent.add", { name: "later", command: "true" });
  await daemon.hasLogged("later");
  agent.send({ jsonrpc: "2.0", id: "last", method: "system.ping" });
  const heard: Message[] = [];
  while (heard.at(-1)?.id !== "last") heard.push(await agent.receive());
  expect(JSON.stringify(heard)).not.toContain("later");
  expect((await agent.ask("events.subscribe", {})).error).toMatchObject({ code: -32002 });
});

test("the operator is no agent: agent.ready is refused", async () => {
  const daemon = await startDaemon();
  expect((await daemon.wire.ask("agent.ready", {})).error).toMatchObject({ code: -32003 });
});
