import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { environmentOfSession } from "../support/attached.js";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { errorOf, expectAnswers, type McpSession, READER, startMcp, textOf } from "./mcp.js";

const IDLE = sh("exec sleep 1000", { autostart: true });
/** `hearth mcp` as the agent's own program would start it: with the environment of its session. */
async function startInside(daemon: TestDaemon, agent: string): Promise<McpSession> {
  const { pid } = await daemon.until(agent, ({ ready }) => ready);
  const env = Object.entries(await environmentOfSession(pid)).filter(([name]) => name.startsWith("HEARTH_"));
  return startMcp({ home: daemon.home, env: Object.fromEntries(env) });
}

describe("in the session of an agent", () => {
  it("the tools are the agent's own, and those that only look", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const { client } = await startInside(daemon, "mayor");
    const { tools } = await client.listTools();
    const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));
    expect(hints).toMatchObject({
      ...{
        request_cycle: { destructiveHint: true, idempotentHint: false },
        request_restart: { destructiveHint: true },
      },
      ...{ request_shutdown: { destructiveHint: true, idempotentHint: true }, beat: { destructiveHint: false } },
      ...{ get_handoff: { readOnlyHint: true }, ready: { idempotentHint: true } },
      ...{ list_agents: { readOnlyHint: true }, status: { readOnlyHint: true } },
      ...{ logs: { readOnlyHint: true }, requests: { readOnlyHint: true } },
    });
    expect(tools).toHaveLength(10);
    expect(client.getServerCapabilities()).not.toHaveProperty("resources");
    expect(client.getInstructions()).toContain("get_handoff");
  });

  it("each tool does what it says and answers as its schema says", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: READER } } });
    const mcp = await startInside(daemon, "mayor");
    await expectAnswers(mcp, [
      ["get_handoff", {}, { found: null }],
      ["ready", {}, {}],
      ["beat", { status: "12 of 40" }, { nextBeatWithinMs: 60_000 }],
      ["list_agents", {}, { agents: [{ agent: "mayor" }] }],
      ["status", {}, { daemon: { pid: daemon.pid }, agents: [{ agent: "mayor" }] }],
      ["logs", { agent: "mayor" }, { lines: [" up"] }],
      ["requests", {}, { requests: [] }],
    ]);
    expect((await daemon.event("beat", "mayor")).data).toMatchObject({ status: "12 of 40" });
  });

  it("a cycle's handoff reaches the successor, which finds it as its own", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: READER } } });
    const mcp = await startInside(daemon, "mayor");
    const asked = await mcp.call("request_cycle", {
      handoff: "Half is done.\nSee notes.md",
      reason: "context is full",
    });
    expect(asked.structuredContent).toMatchObject({ request: { from: "mayor", agent: "mayor", state: "accepted" } });
    expect((await daemon.event("lifecycle.done", "mayor")).data).toMatchObject({ reason: "context is full" });
    const { logFile } = await daemon.until("mayor", ({ ready, incarnation }) => ready && incarnation === 2);
    expect(readFileSync(logFile, "utf8")).toContain("Half is done.\nSee notes.md up");
    const successor = await startInside(daemon, "mayor");
    const found = await successor.call("get_handoff");
    expect(found.structuredContent).toMatchObject({
      found: { handoff: "Half is done.\nSee notes.md", fromIncarnation: 1 },
    });
    expect(textOf(found)).toBe("Half is done.\nSee notes.md");
  });

  it.each([
    ["request_restart", { state: "running", incarnation: 2 }],
    ["request_shutdown", { state: "stopped", wanted: "down" }],
  ])("%s is carried out on the agent itself", async (name, expected) => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE, db: IDLE } } });
    const mcp = await startInside(daemon, "mayor");
    await expectAnswers(mcp, [[name, { reason: "all is done" }, { request: { from: "mayor", state: "accepted" } }]]);
    await daemon.event("lifecycle.done", "mayor");
    expect(await daemon.agent("mayor")).toMatchObject(expected);
    expect(await daemon.agent("db")).toMatchObject({ incarnation: 1 });
  });

  it("an own tool is about no other agent, also if that one may be controlled", async () => {
    const config = { agents: { mayor: { ...IDLE, may_control: ["db"] }, db: IDLE } };
    const daemon = await startDaemon({ config });
    const mcp = await startInside(daemon, "mayor");
    expect(errorOf(await mcp.call("request_shutdown", { agent: "db" }))).toMatchObject({ kind: "invalid-params" });
    await expect(mcp.call("stop", { agent: "db" })).rejects.toThrow("Tool stop not found");
    expect(await daemon.agent("db")).toMatchObject({ incarnation: 1, wanted: "up" });
  });

  it("the agent counts as attached only while it calls, so nothing is sent to where nobody listens", async () => {
    const polled = { ...IDLE, heartbeat: { poke: "rpc" as const } };
    const daemon = await startDaemon({ config: { agents: { mayor: polled } } });
    const mcp = await startInside(daemon, "mayor");
    await mcp.call("beat");
    const isMissed = async () => !(await daemon.call("agent.poke", { agent: "mayor" })).delivered;
    await eventually(isMissed, "the connection of the call has gone");
    expect(await mcp.call("beat")).toMatchObject({ isError: false });
  });

  it("a token that has ended with its session is refused in words", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const { pid } = await daemon.until("mayor", ({ ready }) => ready);
    const { HEARTH_TOKEN = "", HEARTH_SOCKET = "" } = await environmentOfSession(pid);
    await daemon.call("agent.restart", { agent: "mayor", wait: true });
    const mcp = await startMcp({ home: daemon.home, env: { HEARTH_TOKEN, HEARTH_SOCKET } });
    expect(errorOf(await mcp.call("beat"))).toMatchObject({
      kind: "bad-token",
      hint: expect.stringContaining("incarnation"),
    });
  });

  it("the operator's token makes it an operator's, since the daemon says so", async () => {
    const daemon = await startDaemon();
    const { token, socketPath } = daemon.descriptor;
    const mcp = await startMcp({ home: daemon.home, env: { HEARTH_TOKEN: token, HEARTH_SOCKET: socketPath } });
    const { tools } = await mcp.client.listTools();
    expect(tools.map(({ name }) => name)).toContain("stop");
  });
});

describe("the prompt for a handoff", () => {
  it("names the agent and the task, and the tool that hands over", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const operator = await startMcp(daemon);
    const { prompts } = await operator.client.listPrompts();
    expect(prompts).toMatchObject([{ name: "handoff", arguments: [{ name: "agent" }, { name: "task" }] }]);
    const given = { name: "handoff", arguments: { agent: "mayor", task: "review the rest" } };
    const text = JSON.stringify(await operator.client.getPrompt(given));
    expect(text).toMatch(/mayor.*review the rest.*`cycle`/);
    const inside = await startInside(daemon, "mayor");
    expect(JSON.stringify(await inside.client.getPrompt({ name: "handoff" }))).toMatch(/`request_cycle`/);
  });
});
