// What Hearth promises on Windows, held against the built programs; scripts/test-windows runs it, under Wine or Windows' own Node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../../src/sessions/command-windows.js";
import { spawnGate } from "../../src/sessions/gate-windows.js";
import { type Home, homeFor, isRunning, until } from "./home.js";
import { Wire } from "./wire.js";

/** A table of hearth.toml for an agent that runs a program of Node's. */
function agent(name: string, program: string, more = ""): string {
  const command = JSON.stringify([process.execPath, "-e", program]);
  return `[agents."${name}"]\ncommand = ${command}\nautostart = true\n${more}\n`;
}

const LIVES = "setInterval(() => {}, 1e6);";

async function attached(home: Home): Promise<Wire> {
  const { socketPath, token } = home.descriptor();
  const wire = await Wire.open(socketPath);
  const answer = await wire.call(1, "system.attach", { token });
  assert.equal(answer.result?.role, "operator");
  return wire;
}

test("a daemon starts, answers on a pipe of its home, and starts only once", async (t) => {
  const home = homeFor(t);
  const { pid, socketPath } = await home.start();
  assert.match(socketPath, /^\\\\\.\\pipe\\hearth-[0-9a-f]{16}$/);
  const status = await home.json("daemon", "status");
  assert.equal(status.status, "running");
  assert.equal(status.pid, pid);
  assert.equal((await home.start()).pid, pid);
});

test("six starts at the same moment give one daemon", async (t) => {
  const home = homeFor(t);
  const starts = await Promise.all(Array.from({ length: 6 }, () => home.json("daemon", "start")));
  assert.deepEqual(new Set(starts.map(({ pid }) => pid)), new Set([home.descriptor().pid]));
});

test("a caller without the token is refused, one with it is the operator", async (t) => {
  const home = homeFor(t);
  const { socketPath } = await home.start();
  const wire = await Wire.open(socketPath);
  t.after(() => wire.close());
  assert.equal((await wire.call(1, "daemon.status")).error?.code, -32002);
  assert.equal((await wire.call(2, "system.attach", { token: "wrong" })).error?.code, -32001);
  (await attached(home)).close();
});

test("two agents run, each with its own log, and status shows them", async (t) => {
  const home = homeFor(
    t,
    agent("one", `console.log("I am one"); ${LIVES}`) + agent("two", `console.log("and two"); ${LIVES}`),
  );
  await home.start();
  const [one, two] = await Promise.all(["one", "two"].map((name) => home.agentWhen(name, ({ ready }) => ready)));
  assert.notEqual(one?.pid, two?.pid);
  await home.logged("one", /^I am one\r?$/m);
  await home.logged("two", /^and two\r?$/m);
  assert.match((await home.hearth("status")).stdout, /one +\S+ running.*two +\S+ running/s);
  assert.match((await home.hearth("logs", "one")).stdout, /I am one/);
});

test("an agent that crashes is restarted", async (t) => {
  const home = homeFor(
    t,
    agent("crasher", `setTimeout(() => process.exit(3), process.env.HEARTH_INCARNATION === "1" ? 300 : 1e6)`),
  );
  await home.start();
  const { lastExit } = await home.agentWhen(
    "crasher",
    ({ incarnation, state }) => incarnation === 2 && state === "running",
  );
  assert.equal(lastExit?.code, 3);
});

test("a cycle hands the note to the successor", async (t) => {
  const program = `const file = process.env.HEARTH_HANDOFF_FILE; console.log("note:", file && require("fs").readFileSync(file, "utf8")); ${LIVES}`;
  const home = homeFor(t, agent("mayor", program));
  await home.start();
  await home.agentWhen("mayor", ({ ready }) => ready);
  const { code, stderr } = await home.hearth("cycle", "mayor", "--handoff", "käse & 100%", "--wait");
  assert.equal(code, 0, stderr);
  await home.logged("mayor", /note: käse & 100%/);
  assert.equal((await home.agent("mayor")).incarnation, 2);
});

test("agents outlive a daemon that is terminated, and the next one adopts them", async (t) => {
  const home = homeFor(t, agent("survivor", LIVES));
  const { pid } = await home.start();
  const before = await home.agentWhen("survivor", ({ ready }) => ready);
  process.kill(pid, "SIGKILL");
  await until("the daemon has ended", async () => !isRunning(pid) || null);
  const stale = await home.hearth("daemon", "status");
  assert.equal(stale.code, 1, stale.stdout);
  assert.notEqual((await home.start()).pid, pid);
  const after = await home.agentWhen("survivor", ({ state }) => state === "running");
  assert.deepEqual([after.pid, after.incarnation, after.adopted], [before.pid, 1, true]);
});

test("a stop leaves no process, not even a grandchild", async (t) => {
  const child = `console.log("child", process.pid); ${LIVES}`;
  const program = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); console.log("parent", process.pid); ${LIVES}`;
  const home = homeFor(t, agent("family", program));
  await home.start();
  const pids = await Promise.all([/child (\d+)/, /parent (\d+)/].map((pattern) => home.logged("family", pattern)));
  for (const [, pid] of pids) home.expectToEnd(Number(pid));
  const { code, stderr } = await home.hearth("stop", "family", "--wait");
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    pids.map(([, pid]) => isRunning(Number(pid))),
    [false, false],
  );
});

test("an attached agent hears that it is to end, and may end by itself", async (t) => {
  const program = `
    const socket = require("net").connect(process.env.HEARTH_SOCKET);
    socket.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "system.attach", params: { token: process.env.HEARTH_TOKEN } }) + "\\n");
    let text = "";
    socket.on("data", (data) => {
      text += data;
      if (text.includes('"role"')) console.log("attached");
      if (!text.includes("shutdown.requested")) return;
      console.log("heard it");
      process.exit(7);
    });`;
  const home = homeFor(t, agent("polite", program, 'stop = { grace = "50s" }'));
  await home.start();
  await home.logged("polite", /attached/);
  assert.equal((await home.hearth("stop", "polite", "--wait")).code, 0);
  assert.match(home.log("polite"), /heard it/);
  assert.equal((await home.agent("polite")).lastExit?.code, 7);
});

test("one that asks for tmux is told that there is none, and no other is affected", async (t) => {
  const home = homeFor(t, agent("pane", LIVES, 'session = "tmux"') + agent("plain", LIVES));
  await home.start();
  await home.agentWhen("plain", ({ state }) => state === "running");
  const { lastExit } = await home.agentWhen("pane", ({ state }) => state === "failed");
  assert.match(lastExit?.reason ?? "", /not on Windows/);
});

test("a daemon restarts into the program on disk, and its agents go on", async (t) => {
  const home = homeFor(t, agent("steady", LIVES));
  const { pid } = await home.start();
  const before = await home.agentWhen("steady", ({ ready }) => ready);
  const restart = await home.hearth("daemon", "restart");
  assert.equal(restart.code, 0, restart.stderr);
  assert.notEqual(home.descriptor().pid, pid);
  const after = await home.agentWhen("steady", ({ state }) => state === "running");
  assert.deepEqual([after.pid, after.incarnation], [before.pid, 1]);
  assert.doesNotMatch(home.daemonLog(), /"level":"(warn|error)"/);
});

test("hearth mcp answers on its standard streams", async (t) => {
  const home = homeFor(t);
  await home.start();
  const child = spawn(
    process.execPath,
    [join(process.env.HEARTH_TEST_DIST ?? "dist", "hearth.cjs"), "--home", home.path, "mcp"],
    {
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  const ended = once(child, "exit");
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "lane", version: "1" } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
  const [answer] = await once(child.stdout, "data");
  assert.match(String(answer), /"serverInfo"/);
  child.stdin.end();
  await ended;
});

test("the pipe takes lines and Content-Length alike", async (t) => {
  const home = homeFor(t);
  const { socketPath, token } = await home.start();
  const lines = await attached(home);
  t.after(() => lines.close());
  assert.equal((await lines.call(2, "system.ping")).result?.pong, true);
  const framed = await Wire.open(socketPath);
  t.after(() => framed.close());
  const attach = JSON.stringify({ jsonrpc: "2.0", id: 5, method: "system.attach", params: { token } });
  framed.write(`Content-Length: ${Buffer.byteLength(attach)}\r\n\r\n${attach}`);
  const [, length, body] = await framed.received(/^Content-Length: (\d+)\r\n\r\n(\{.*\})/);
  assert.equal(Number(length), Buffer.byteLength(body ?? ""));
  assert.match(body ?? "", /"role":"operator"/);
});

test("two hundred connections are attached at once", async (t) => {
  const home = homeFor(t);
  await home.start();
  const wires = await Promise.all(Array.from({ length: 200 }, () => attached(home)));
  const status = await wires[0]?.call(2, "daemon.status");
  assert.equal(status?.result?.connections, 200);
  const pongs = await Promise.all(wires.map((wire) => wire.call(3, "system.ping")));
  assert.equal(pongs.filter(({ result }) => result?.pong).length, 200);
  for (const wire of wires) wire.close();
});

test("a gate gives its command every argument as it is, and ends with its code", async (t) => {
  const home = homeFor(t);
  const odd = [
    "",
    "a b",
    'say "hi"',
    "back\\slash\\",
    'trailing\\"',
    "amp & pipe | caret ^ <in >out",
    "!bang!",
    "(brackets)",
    "käse",
  ];
  const file = join(home.directory, "argv.cjs");
  writeFileSync(file, "console.log(JSON.stringify(process.argv.slice(2))); process.exit(9);");
  const logFile = join(home.directory, "argv.log");
  const gate = await spawnGate({ ...launchIn(home), command: [process.execPath, file, ...odd], logFile });
  const ended = new Promise((resolve) => gate.onEnd(resolve));
  await gate.open('{"kind":"process"}');
  assert.deepEqual(await ended, { code: 9, signal: null });
  const { stdout } = await home.run(["-p", `require("fs").readFileSync(${JSON.stringify(logFile)}, "utf8")`]);
  assert.deepEqual(JSON.parse(stdout), odd);
});

test("a gate whose daemon dies before its line runs nothing", async (t) => {
  const home = homeFor(t);
  const logFile = join(home.directory, "gate.log");
  const gate = await spawnGate({ ...launchIn(home), command: [process.execPath, "-e", "console.log('ran')"], logFile });
  let end: unknown = null;
  gate.onEnd((seen) => {
    end = seen;
  });
  gate.abandon();
  assert.deepEqual(await until("the gate has ended", async () => end), { code: 125, signal: null });
  const { stdout } = await home.run(["-p", `require("fs").readFileSync(${JSON.stringify(logFile)}, "utf8")`]);
  assert.equal(stdout.trim(), "");
});

test("a program is found by the endings of Windows", () => {
  const path = process.env.PATH ?? "";
  assert.match(findProgram({ program: "cmd", cwd: process.cwd(), path }), /cmd\.exe$/i);
  assert.throws(() => findProgram({ program: "no-such-program", cwd: process.cwd(), path }), /command not found/);
});

function launchIn(home: Home) {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const limits = { umask: 0o22, softNofile: null };
  const markFile = join(home.directory, "mark");
  return { cwd: home.directory, env, stderrFile: null, markFile, stdinFifo: null, limits };
}
