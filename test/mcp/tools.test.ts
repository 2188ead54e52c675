import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { type Expected, errorOf, expectAnswers, READER, startMcp, textOf } from "./mcp.js";

const IDLE = sh("exec sleep 1000", { autostart: true });
const NEVER_READY = sh("exec sleep 1000", { ready: { output: "never", timeout: "1m" } });
/** It must not pass for one that is up because its end is seen late. */
const BROKEN = sh("exit 3", { restart: { max_attempts: 0 }, ready: { output: "up" } });

const ADDS = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };
const ENDS = { readOnlyHint: false, destructiveHint: true, openWorldHint: false };
const LOOKS = { readOnlyHint: true, openWorldHint: false };

describe("the operator's tools", () => {
  it("each does what it says and answers as its schema says", async () => {
    const witness = sh("echo up; exec sleep 1000", { ready: { output: "up" } });
    const config = { agents: { mayor: IDLE, "gastown/witness": witness, db: IDLE } };
    const daemon = await startDaemon({ config });
    await daemon.until("mayor", ({ ready }) => ready);
    const mcp = await startMcp(daemon);
    const calls: Expected[] = [
      ["list_agents", { match: "gastown/*" }, { agents: [{ agent: "gastown/witness", state: "stopped" }] }],
      ["start", { agent: "gastown/witness", wait: true }, { agents: [{ state: "running", ready: true }] }],
      ["status", { agent: "mayor" }, { daemon: { pid: daemon.pid }, agents: [{ agent: "mayor", incarnation: 1 }] }],
      ["restart", { agent: "mayor", wait: true }, { agents: [{ agent: "mayor", state: "running", incarnation: 2 }] }],
      ["cycle", { agent: "mayor", handoff: "x", wait: true }, { request: { state: "done", from: "operator" } }],
      ["shutdown", { agent: "mayor", reason: "all done" }, { request: { action: "shutdown", reason: "all done" } }],
      ["poke", { agent: "db", message: "hello" }, { delivered: false, via: "none" }],
      ["logs", { agent: "gastown/witness", lines: 1 }, { lines: ["up"] }],
      ["requests", { agent: "mayor", limit: 1 }, { requests: [{ agent: "mayor", action: "shutdown" }] }],
      ["stop", { agent: "**" }, { agents: [{ state: "stopped" }, { state: "stopped" }, { state: "stopped" }] }],
    ];
    await expectAnswers(mcp, calls);
    const { tools } = await mcp.client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(calls.map(([name]) => name).sort());
  });

  it("say what they change and whether saying it twice is once too often", async () => {
    const mcp = await startMcp(await startDaemon());
    const { tools } = await mcp.client.listTools();
    expect(Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]))).toEqual({
      list_agents: LOOKS,
      status: LOOKS,
      logs: LOOKS,
      requests: LOOKS,
      start: { ...ADDS, idempotentHint: true },
      poke: { ...ADDS, idempotentHint: false },
      stop: { ...ENDS, idempotentHint: true },
      restart: { ...ENDS, idempotentHint: false },
      cycle: { ...ENDS, idempotentHint: false },
      shutdown: { ...ENDS, idempotentHint: true },
    });
  });

  it("publish schemas that refer to nothing outside of them and take no other arguments", async () => {
    const mcp = await startMcp(await startDaemon());
    for (const { inputSchema, outputSchema } of (await mcp.client.listTools()).tools) {
      expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(outputSchema).toMatchObject({ type: "object" });
      expect(JSON.stringify([inputSchema, outputSchema])).not.toContain("$ref");
    }
  });

  it("bring a handoff to the next session", async () => {
    const daemon = await startDaemon({ config: { agents: { reader: READER } } });
    await daemon.until("reader", ({ ready }) => ready);
    const mcp = await startMcp(daemon);
    const handoff = "Half of the review is done: see notes.md";
    expect(textOf(await mcp.call("cycle", { agent: "reader", handoff, wait: true }))).toContain("cycle is done");
    const { logFile } = await daemon.until("reader", ({ ready, incarnation }) => ready && incarnation === 2);
    expect(readFileSync(logFile, "utf8")).toContain(`${handoff} up`);
  });

  it("tell in their text what they tell in data, without anything that controls a terminal", async () => {
    const script = "printf '\\033[31mred\\033[0m \\033]0;title\\007\\n'; echo done; exec sleep 1000";
    const loud = sh(script, { autostart: true, ready: { output: "done" } });
    const daemon = await startDaemon({ config: { agents: { loud } } });
    await daemon.until("loud", ({ ready }) => ready);
    const result = await (await startMcp(daemon)).call("logs", { agent: "loud" });
    expect(textOf(result)).toBe("red \ndone");
    expect(result.structuredContent).toMatchObject({ lines: ["\x1b[31mred\x1b[0m \x1b]0;title\x07", "done"] });
  });

  it("mark as an error what was carried out in vain, and still tell all about it", async () => {
    const daemon = await startDaemon({ config: { agents: { broken: BROKEN } } });
    const mcp = await startMcp(daemon);
    const started = await mcp.call("start", { agent: "broken", wait: true });
    expect(started).toMatchObject({ isError: true, structuredContent: { agents: [{ state: "failed" }] } });
    const cycled = await mcp.call("cycle", { agent: "broken", wait: true });
    expect(cycled).toMatchObject({ isError: true, structuredContent: { request: { state: "failed" } } });
    expect(textOf(cycled)).toContain("crash loop");
  });
});

describe("a mistake", () => {
  it("is answered with its kind and what helps, and does nothing", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const mcp = await startMcp(daemon);
    const mistakes: Expected[] = [
      ["start", { agent: "mayr" }, { kind: "no-such-agent", message: expect.stringContaining('"mayor"') }],
      ["status", { agent: "mayr" }, { kind: "no-such-agent" }],
      ["start", {}, { kind: "invalid-params", message: expect.stringContaining("agent") }],
      ["cycle", { handoff: "x" }, { kind: "invalid-params", hint: expect.stringContaining("mayor") }],
      [
        "logs",
        { agent: "mayor", lines: "many" },
        { kind: "invalid-params", message: expect.stringContaining("lines") },
      ],
      ["cycle", { agent: "mayor", wait: "yes" }, { kind: "invalid-params", message: expect.stringContaining("wait") }],
      ["stop", { agnt: "mayor" }, { kind: "invalid-params", hint: expect.stringContaining('Did you mean "agent"?') }],
      ["cycle", { agent: "mayor", action: "shutdown" }, { kind: "invalid-params" }],
      ["poke", { agent: "mayor", message: "\x1b[201~" }, { kind: "invalid-params" }],
    ];
    for (const [name, args, expected] of mistakes) {
      const result = await mcp.call(name, args);
      expect(errorOf(result), name).toMatchObject({ hint: expect.stringMatching(/./), ...expected });
      expect(textOf(result), name).toMatch(/^hearth: .+\nhint: /);
    }
    expect(await daemon.agent("mayor")).toMatchObject({ incarnation: 1, wanted: "up" });
  });

  it("in the name of a tool is an error of the protocol", async () => {
    const mcp = await startMcp(await startDaemon());
    await expect(mcp.call("nope")).rejects.toThrow("Tool nope not found");
  });
});

describe("a wait", () => {
  it("that the client calls off is called off at the daemon", async () => {
    const daemon = await startDaemon({ config: { agents: { slow: NEVER_READY } } });
    const mcp = await startMcp(daemon);
    const connections = async () => (await daemon.call("daemon.status", {})).connections;
    await eventually(async () => (await connections()) === 2, "only the test and the watch are connected");
    const calledOff = new AbortController();
    const waiting = mcp.call("start", { agent: "slow", wait: true }, { signal: calledOff.signal });
    await daemon.event("agent.running", "slow");
    expect(await connections()).toBe(3);
    calledOff.abort("not wanted any more");
    await expect(waiting).rejects.toThrow();
    await eventually(async () => (await connections()) === 2, "the wait has ended");
    expect(await daemon.agent("slow")).toMatchObject({ state: "running", ready: false });
  });

  it("tells how it goes on, if the client wants to hear of it", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE, db: IDLE } } });
    await daemon.until("mayor", ({ ready }) => ready);
    const mcp = await startMcp(daemon);
    const progress: [number, string | undefined][] = [];
    const onprogress = (step: { progress: number; message?: string | undefined }) => {
      progress.push([step.progress, step.message]);
    };
    await mcp.call("restart", { agent: "mayor", wait: true }, { onprogress });
    const types = ["stopping", "exited", "starting", "running", "ready"];
    expect(progress).toEqual(types.map((type, at) => [at + 1, `mayor: agent.${type}`]));
  });

  it("that takes too long says so before the client gives up", async () => {
    const daemon = await startDaemon({ config: { agents: { slow: NEVER_READY } } });
    const mcp = await startMcp({ home: daemon.home, args: ["--timeout", "200ms"] });
    expect(errorOf(await mcp.call("start", { agent: "slow", wait: true }))).toMatchObject({ kind: "timed-out" });
  });
});
