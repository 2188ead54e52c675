// Who may ask for what: a token proves who speaks, and a definition says whom an agent may act on.
import { expect, onTestFinished, test } from "vitest";
import { attachAs, tokenOf } from "../support/attached.js";
import { sh, startDaemon } from "../support/daemon.js";
import { PATIENCE_MS } from "../support/deadline.js";

const SLEEPER = sh("exec sleep 60", { autostart: true });
const AGENTS = {
  mayor: { ...SLEEPER, may_control: ["town/*"] },
  "town/clerk": SLEEPER,
  other: SLEEPER,
};

test("may_control permits an agent to act on those it names, in its own name", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const mayor = await attachAs(daemon, "mayor");
  await daemon.until("town/clerk", ({ ready }) => ready);
  const { request } = await mayor.call("lifecycle.request", { agent: "town/clerk", action: "cycle" });
  expect(request).toMatchObject({ from: "mayor", agent: "town/clerk", state: "accepted" });
  const ended = await mayor.call("lifecycle.wait", { id: request.id, timeoutMs: PATIENCE_MS });
  expect(ended.request).toMatchObject({ state: "done", incarnation: { before: 1, after: 2 } });
  await mayor.call("agent.restart", { agent: "town/clerk", wait: true });
  expect(await daemon.agent("town/clerk")).toMatchObject({ incarnation: 3 });
});

test("without the permission the answer says which one is missing, and nothing happens", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const mayor = await attachAs(daemon, "mayor");
  for (const action of ["cycle", "restart", "shutdown"]) {
    expect((await mayor.ask("lifecycle.request", { agent: "other", action })).error).toMatchObject({
      code: -32003,
      message: expect.stringContaining(`may not ${action} agent "other"`),
      data: { kind: "not-permitted", permission: 'may_control = ["other"]' },
    });
  }
  const clerk = await attachAs(daemon, "town/clerk");
  const { error } = await clerk.ask("lifecycle.request", { agent: "mayor", action: "shutdown" });
  expect(error).toMatchObject({ code: -32003, data: { permission: 'may_control = ["mayor"]' } });
  expect((await clerk.ask("handoff.get", { agent: "mayor" })).error).toMatchObject({ code: -32003 });
  expect(await daemon.call("lifecycle.list", {})).toEqual({ requests: [] });
  expect(await daemon.agent("other")).toMatchObject({ incarnation: 1, state: "running" });
});

test("a token that is forged, of an earlier session or missing proves nothing", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const old = await tokenOf(daemon, "other");
  await daemon.call("agent.restart", { agent: "other", wait: true });
  const wire = await daemon.connect();
  onTestFinished(() => wire.close());
  const forged = `${old.slice(0, -1)}${old.endsWith("0") ? "1" : "0"}`;
  for (const token of [forged, old, "", "x".repeat(1_000)]) {
    const { error } = await wire.ask("system.attach", { token });
    expect([-32001, -32602], `${token.length} characters`).toContain(error?.code);
    expect((await wire.ask("lifecycle.request", { agent: "other", action: "cycle" })).error?.code).toBe(-32002);
  }
  expect((await wire.ask("system.attach", {})).error).toMatchObject({ code: -32602 });
  expect(await daemon.agent("other")).toMatchObject({ incarnation: 2 });
});

test("a session stays who it is when the daemon dies under it", async () => {
  const daemon = await startDaemon({ config: { agents: AGENTS } });
  const token = await tokenOf(daemon, "mayor");
  await daemon.kill();
  const next = await daemon.startAgain();
  const mayor = await next.attach(token);
  onTestFinished(() => mayor.close());
  const { request } = await mayor.call("lifecycle.request", { action: "cycle" });
  expect(request).toMatchObject({ from: "mayor", agent: "mayor" });
  await next.until("mayor", ({ incarnation, ready }) => incarnation === 2 && ready);
  expect((await mayor.ask("lifecycle.request", { action: "cycle" })).error).toMatchObject({ code: -32002 });
  expect((await mayor.ask("system.attach", { token })).error).toMatchObject({ code: -32001 });
});
