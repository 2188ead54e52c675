import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { hearth } from "../cli/hearth.js";
import { newHome, readDescriptor, sh, startDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { errorOf, HEARTH, startMcp, textOf } from "./mcp.js";

const IDLE = sh("exec sleep 1000", { autostart: true });

const INITIALIZE = {
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

const started: Raw[] = [];

// Registered behind the fixture of daemons, hence run before it looks for what is left.
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});

/** `hearth mcp` with nothing of the SDK on the other side. */
class Raw {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  readonly #lines: AsyncIterator<string>;

  constructor(home: string, ...args: string[]) {
    const env = { ...process.env, HEARTH_HOME: home };
    this.child = spawn(process.execPath, [HEARTH, "mcp", ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
    this.ended = once(this.child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    this.#lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
    started.push(this);
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  send(message: object): void {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  /** Its next answer. Whatever it says has to be JSON, and may be word of a change. */
  async receive(): Promise<Record<string, unknown>> {
    const { value } = await within(this.#lines.next(), () => "hearth mcp answers");
    const message = JSON.parse(value ?? "null");
    return "id" in message ? message : this.receive();
  }

  end(): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
    return within(this.ended, () => "hearth mcp ends");
  }
}

describe("hearth mcp", () => {
  it("survives whatever is no message, and answers what is", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const raw = new Raw(daemon.home);
    const noise = [
      "no JSON",
      "{",
      "[]",
      "null",
      "42",
      '{"jsonrpc":"2.0"}',
      '{"jsonrpc":"1.0","id":1,"method":"x"}',
      "",
    ];
    raw.write(`${noise.join("\n")}\n\0\xff\n`);
    raw.send({ id: 1, ...INITIALIZE });
    expect(await raw.receive()).toMatchObject({ id: 1, result: { serverInfo: { name: "hearth" } } });
    raw.write(`${noise.join("\n")}\n`);
    raw.send({ method: "notifications/cancelled", params: { requestId: 77 } });
    raw.send({ id: 2, method: "tools/call", params: { name: "status", arguments: { agent: ["mayor"] } } });
    expect(await raw.receive()).toMatchObject({ id: 2, result: { isError: true } });
    raw.send({ id: 3, method: "no/such/method" });
    expect(await raw.receive()).toMatchObject({ id: 3, error: { code: -32601 } });
    raw.child.stdin.end();
    expect(await raw.end()).toEqual([0, null]);
  });

  it("answers whatever was asked before its stdin ended", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const raw = new Raw(daemon.home);
    raw.send({ id: 1, ...INITIALIZE });
    raw.send({ id: 2, method: "tools/call", params: { name: "restart", arguments: { agent: "mayor", wait: true } } });
    raw.send({ id: "2", method: "tools/call", params: { name: "status", arguments: {} } });
    raw.send({ id: 3, method: "resources/list" });
    raw.child.stdin.end();
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await raw.receive());
    expect(answers.filter((answer) => "result" in answer).map(({ id }) => id)).toEqual(
      expect.arrayContaining([1, 2, "2", 3]),
    );
    expect(await raw.end()).toEqual([0, null]);
  });

  it("ends with its stdin, also while a call waits", async () => {
    const slow = sh("exec sleep 1000", { ready: { output: "never", timeout: "1m" } });
    const daemon = await startDaemon({ config: { agents: { slow } } });
    const raw = new Raw(daemon.home);
    raw.send({ id: 1, ...INITIALIZE });
    await raw.receive();
    raw.send({ id: 2, method: "tools/call", params: { name: "start", arguments: { agent: "slow", wait: true } } });
    await daemon.event("agent.running", "slow");
    raw.child.stdin.end();
    expect(await raw.end()).toEqual([0, null]);
  });

  it.each([
    ["SIGTERM", [0, null]],
    ["SIGINT", [130, null]],
  ] as const)("ends with %s", async (signal, expected) => {
    const raw = new Raw(newHome());
    raw.send({ id: 1, ...INITIALIZE });
    await raw.receive();
    raw.child.kill(signal);
    expect(await raw.end()).toEqual(expected);
  });

  it("refuses --json, since its stdout is the client's", async () => {
    expect(await hearth(["mcp", "--json"])).toMatchObject({ code: 2, stdout: expect.stringContaining("usage") });
  });
});

describe("without a daemon", () => {
  it("every tool says what helps, and works again once there is a daemon", async () => {
    const home = newHome();
    const mcp = await startMcp({ home });
    const { tools } = await mcp.client.listTools();
    for (const { name } of tools) {
      const result = await mcp.call(name, { agent: "mayor" });
      expect(textOf(result), name).toMatch(/hearth daemon start|has no argument/);
    }
    expect(errorOf(await mcp.call("start", { agent: "mayor" }))).toMatchObject({ kind: "offline" });
    expect((await mcp.client.listResources()).resources).toMatchObject([{ uri: "hearth://agents" }]);
    const reading = mcp.client.readResource({ uri: "hearth://agents" });
    await expect(reading).rejects.toMatchObject({ data: { kind: "offline", hint: expect.stringContaining("hearth") } });
    await eventually(() => mcp.stderr.includes("daemon offline"), "it has said so on stderr too");
    const daemon = await startDaemon({ home, config: { agents: { mayor: IDLE } } });
    expect(await mcp.call("start", { agent: "mayor", wait: true })).toMatchObject({ isError: false });
    await daemon.kill();
    expect(errorOf(await mcp.call("status"))).toMatchObject({ kind: "offline" });
    await daemon.startAgain();
    expect(await mcp.call("status")).toMatchObject({ isError: false });
  });

  it("tells the client once there is one", async () => {
    const home = newHome();
    const mcp = await startMcp({ home });
    await mcp.client.subscribeResource({ uri: "hearth://agents" });
    await mcp.listChanged(() => mcp.updated("hearth://agents", () => startDaemon({ home })));
  });

  it("--autostart starts one at the first call, once for many", async () => {
    const home = newHome();
    const mcp = await startMcp({ home, args: ["--autostart"] });
    try {
      const answers = await Promise.all([1, 2, 3, 4].map(() => mcp.call("status")));
      const { pid } = readDescriptor(`${home}/daemon.json`);
      for (const answer of answers) expect(answer.structuredContent).toMatchObject({ daemon: { pid } });
      await eventually(() => mcp.stderr.includes(`started the daemon (pid ${pid})`), "it has said so on stderr too");
    } finally {
      await hearth(["--home", home, "daemon", "stop"]);
    }
  });

  it("--autostart that fails says why", async () => {
    const home = newHome();
    const mcp = await startMcp({ home, args: ["--autostart", "--descriptor", "/nonexistent/daemon.json"] });
    expect(errorOf(await mcp.call("status"))).toMatchObject({ hint: expect.stringMatching(/./) });
  });
});
