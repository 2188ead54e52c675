// What Hearth promises on Windows, held against the built programs; scripts/test-windows runs it, under Wine or Windows' own Node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pipesOf } from "../../src/pipe-names-windows.js";
import { findProgram } from "../../src/sessions/command-windows.js";
import { spawnGate } from "../../src/sessions/gate-windows.js";
import { attach, HEARTH, type Home, homeFor, isRunning, sharedHome, until } from "./home.js";
import { Wire } from "./wire.js";

/** A table of hearth.toml for an agent that runs a program of Node's. */
function agent(name: string, program: string, more = ""): string {
  const command = JSON.stringify([process.execPath, "-e", program]);
  return `[agents."${name}"]\ncommand = ${command}\nautostart = true\n${more}\n`;
}

const LIVES = "setInterval(() => {}, 1e6);";

describe("a daemon", () => {
  // Two hundred connections take longer under load than a stranger is usually given to attach.
  const home = sharedHome('[daemon.limits]\nattach_within = "3m"\n');

  test("answers on a pipe that nobody could have guessed, and starts only once", async () => {
    const { pid, socketPath } = home.found();
    assert.match(socketPath, /^\\\\\.\\pipe\\s\.[0-9a-f]{16}\.sock$/);
    const status = JSON.parse(await home.done("daemon", "status", "--json"));
    assert.deepEqual([status.status, status.pid], ["running", pid]);
    assert.equal((await home.start()).pid, pid);
  });

  test("refuses a caller without its token, and takes one with it for the operator", async (t) => {
    const wire = await Wire.open(home.found().socketPath);
    t.after(() => wire.close());
    assert.equal((await wire.call(1, "daemon.status")).error?.code, -32002);
    assert.equal((await wire.call(2, "system.attach", { token: "wrong" })).error?.code, -32001);
    assert.ok(await home.call("daemon.status"));
  });

  test("is reached by agents on the pipe of its home", async (t) => {
    const wire = await Wire.open(publicPipe(home));
    t.after(() => wire.close());
    assert.equal((await wire.call(1, "system.ping")).result?.pong, true);
  });

  test("takes lines and Content-Length alike", async (t) => {
    const { socketPath, token } = home.found();
    const lines = await attach({ socketPath, token });
    t.after(() => lines.close());
    assert.equal((await lines.call(2, "system.ping")).result?.pong, true);
    const framed = await Wire.open(socketPath);
    t.after(() => framed.close());
    const request = JSON.stringify({ jsonrpc: "2.0", id: 5, method: "system.attach", params: { token } });
    framed.write(`Content-Length: ${Buffer.byteLength(request)}\r\n\r\n${request}`);
    const [, length, body] = await framed.received(/^Content-Length: (\d+)\r\n\r\n(\{.*\})/);
    assert.equal(Number(length), Buffer.byteLength(body ?? ""));
    assert.match(body ?? "", /"role":"operator"/);
  });

  test("serves two hundred connections at once", async () => {
    const descriptor = home.found();
    const wires = await Promise.all(Array.from({ length: 200 }, () => attach(descriptor)));
    const pongs = await Promise.all(wires.map((wire) => wire.call(3, "system.ping")));
    assert.equal(pongs.filter(({ result }) => result?.pong).length, 200);
    const status = await wires[0]?.call(4, "daemon.status");
    assert.ok(Number(status?.result?.connections) >= 200);
    for (const wire of wires) wire.close();
  });

  test("is well as hearth doctor sees it", async () => {
    assert.match(await home.done("doctor"), /Nothing is wrong/);
  });

  test("is behind what hearth mcp says on its standard streams", async () => {
    const child = spawn(process.execPath, [HEARTH, "--home", home.path, "mcp"], { stdio: ["pipe", "pipe", "ignore"] });
    const ended = once(child, "exit");
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "lane", version: "1" } };
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
    const [answer] = await once(child.stdout, "data");
    assert.match(String(answer), /"serverInfo"/);
    child.stdin.end();
    await ended;
  });
});

describe("agents", () => {
  const CRASHES_ONCE = `setTimeout(() => process.exit(3), process.env.HEARTH_INCARNATION === "1" ? 300 : 1e6)`;
  const READS_NOTE = `const file = process.env.HEARTH_HANDOFF_FILE; console.log("note:", file && require("fs").readFileSync(file, "utf8")); ${LIVES}`;
  const CHILD = `console.log("child", process.pid); ${LIVES}`;
  const PARENT = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(CHILD)}], { stdio: "inherit" }); console.log("parent", process.pid); ${LIVES}`;
  const POLITE = `
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
  const SAYS_WHAT_ENDED = `require("fs").writeFileSync("hook.json", JSON.stringify([process.env.HEARTH_HOOK, process.env.ODD]))`;
  const KEEPS_MESSAGE = `require("fs").writeFileSync("poke.txt", process.env.HEARTH_POKE_MESSAGE)`;
  const ODD = 'a & b | c "quoted" %PATH% !PATH! ^ <nul >x';
  const home = sharedHome(
    [
      '[daemon]\nlog_max_size = "100kB"\n',
      agent(
        "hooked",
        "process.exit(0)",
        `env = { ODD = ${JSON.stringify(ODD)} }\non_exit = ${JSON.stringify([process.execPath, "-e", SAYS_WHAT_ENDED])}`,
      ),
      agent(
        "poked",
        LIVES,
        `heartbeat = { poke = ${JSON.stringify(`command:'${process.execPath}' -e '${KEEPS_MESSAGE}'`)} }`,
      ),
      agent("typist", LIVES, 'heartbeat = { poke = "session" }'),
      agent("chatty", `console.log("x".repeat(200_000)); ${LIVES}`),
      agent("one", `console.log("I am one"); ${LIVES}`),
      agent("two", `console.log("and two"); ${LIVES}`),
      agent("crasher", CRASHES_ONCE),
      agent("mayor", READS_NOTE),
      agent("family", PARENT),
      agent("polite", POLITE, 'stop = { grace = "50s" }'),
      agent("pane", LIVES, 'session = "tmux"'),
    ].join(""),
  );

  test("run side by side, each with its own log, and status shows them", async () => {
    const [one, two] = await Promise.all(["one", "two"].map((name) => home.agentWhen(name, ({ ready }) => ready)));
    assert.notEqual(one?.pid, two?.pid);
    await home.logged("one", /^I am one\r?$/m);
    await home.logged("two", /^and two\r?$/m);
    assert.match(await home.done("status"), /one +\S+ running.*two +\S+ running/s);
    assert.match(await home.done("logs", "one"), /I am one/);
  });

  test("that crash are restarted", async () => {
    const { lastExit } = await home.agentWhen(
      "crasher",
      ({ incarnation, state }) => incarnation === 2 && state === "running",
    );
    assert.equal(lastExit?.code, 3);
  });

  test("hand a note to their successor when they are cycled", async () => {
    await home.agentWhen("mayor", ({ ready }) => ready);
    await home.done("cycle", "mayor", "--handoff", "käse & 100%", "--wait");
    await home.logged("mayor", /note: käse & 100%/);
    assert.equal((await home.agent("mayor")).incarnation, 2);
  });

  test("leave no process when they are stopped, not even a grandchild", async () => {
    const pids = await Promise.all([/child (\d+)/, /parent (\d+)/].map((pattern) => home.logged("family", pattern)));
    for (const [, pid] of pids) home.expectToEnd(Number(pid));
    await home.done("stop", "family", "--wait");
    assert.deepEqual(
      pids.map(([, pid]) => isRunning(Number(pid))),
      [false, false],
    );
  });

  test("that are attached hear that they are to end, and may end by themselves", async () => {
    await home.logged("polite", /attached/);
    await home.call("agent.stop", { agent: "polite", wait: true });
    assert.match(home.log("polite"), /heard it/);
    assert.equal((await home.agent("polite")).lastExit?.code, 7);
  });

  test("have hooks and pokes that are told in variables, whatever is in them", async () => {
    // The file is there before it is written to.
    const hook = await until("the hook has run", async () => home.read("hook.json") || null);
    assert.deepEqual(JSON.parse(hook), ["on_exit", ODD]);
    await home.agentWhen("poked", ({ ready }) => ready);
    const { delivered, detail } = await home.call("agent.poke", { agent: "poked", message: ODD });
    assert.equal(delivered, true, String(detail));
    assert.equal(home.read("poke.txt"), ODD);
  });

  test("get no signal that Windows does not have, and are ended by those it has", async () => {
    const { code, stderr } = await home.hearth("signal", "one", "HUP");
    assert.equal(code, 1);
    assert.match(stderr, /no SIGHUP on Windows.*hearth stop one/s);
    assert.equal((await home.agent("one")).incarnation, 1);
    const { pid } = await home.agent("two");
    await home.call("agent.signal", { agent: "two", signal: "SIGTERM" });
    await home.agentWhen("two", ({ incarnation, ready }) => incarnation === 2 && ready);
    assert.equal(isRunning(Number(pid)), false);
  });

  test("that write too much get a new log when they are started again", async () => {
    await until("the daemon has noticed", async () => /rotated when its agent starts/.exec(home.daemonLog()));
    assert.equal(home.read("logs", "agents", "chatty.log.1"), null);
    await home.call("agent.restart", { agent: "chatty", wait: true });
    assert.match(home.read("logs", "agents", "chatty.log.1") ?? "", /^x{200000}\r?\n$/);
  });

  test("that are to be poked through standard input are told that there is no way", async () => {
    const { lastExit } = await home.agentWhen("typist", ({ state }) => state === "failed");
    assert.match(lastExit?.reason ?? "", /standard input are not on Windows/);
  });

  test("that ask for tmux are told that there is none, and no other is affected", async () => {
    const { lastExit } = await home.agentWhen("pane", ({ state }) => state === "failed");
    assert.match(lastExit?.reason ?? "", /not on Windows/);
    assert.equal((await home.agent("one")).state, "running");
  });
});

test("agents outlive a daemon that is terminated, and one that is replaced", async (t) => {
  const home = homeFor(t, agent("survivor", LIVES));
  const starts = await Promise.all(Array.from({ length: 3 }, () => home.done("daemon", "start", "--json")));
  const { pid } = home.found();
  assert.deepEqual(
    new Set(starts.map((start) => JSON.parse(start).pid)),
    new Set([pid]),
    "one of three that start leads",
  );
  const before = await home.agentWhen("survivor", ({ ready }) => ready);

  process.kill(pid, "SIGKILL");
  await until("the daemon has ended", async () => !isRunning(pid) || null);
  const stale = await home.hearth("daemon", "status");
  assert.equal(stale.code, 1, stale.stdout);
  const successor = await home.start();
  assert.notEqual(successor.pid, pid);
  const second = await home.agentWhen("survivor", ({ adopted }) => adopted);
  assert.deepEqual([second.pid, second.incarnation], [before.pid, 1]);

  await home.done("daemon", "restart");
  assert.notEqual(home.found().pid, successor.pid);
  const third = await home.agentWhen("survivor", ({ adopted }) => adopted);
  assert.deepEqual([third.pid, third.incarnation], [before.pid, 1]);
  assert.doesNotMatch(home.daemonLog(), /"level":"(warn|error)"/);
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
  assert.deepEqual(JSON.parse(readFileSync(logFile, "utf8")), odd);
});

test("a gate runs a script of cmd.exe's that lies in a directory with a space", async (t) => {
  const home = homeFor(t);
  const directory = join(home.directory, "two words");
  mkdirSync(directory);
  writeFileSync(join(directory, "say.cmd"), "@echo %~1\r\n@exit /b 4\r\n");
  const program = findProgram({ program: "say", cwd: home.directory, path: directory });
  const logFile = join(home.directory, "say.log");
  const gate = await spawnGate({ ...launchIn(home), command: [program, "one two"], logFile });
  const ended = new Promise((resolve) => gate.onEnd(resolve));
  await gate.open('{"kind":"process"}');
  assert.deepEqual(await ended, { code: 4, signal: null });
  assert.match(readFileSync(logFile, "utf8"), /^one two\r?\n$/);
});

test("a gate whose daemon dies before its line runs nothing", async (t) => {
  const home = homeFor(t);
  const ran = join(home.directory, "ran");
  const program = `require("fs").writeFileSync(${JSON.stringify(ran)}, "")`;
  const logFile = join(home.directory, "gate.log");
  const gate = await spawnGate({ ...launchIn(home), command: [process.execPath, "-e", program], logFile });
  let end: unknown = null;
  gate.onEnd((seen) => {
    end = seen;
  });
  gate.abandon();
  assert.deepEqual(await until("the gate has ended", async () => end), { code: 125, signal: null });
  assert.equal(existsSync(ran), false);
});

test("a program is found by the endings of Windows", () => {
  const path = process.env.PATH ?? "";
  assert.match(findProgram({ program: "cmd", cwd: process.cwd(), path }), /cmd\.exe$/i);
  assert.throws(() => findProgram({ program: "no-such-program", cwd: process.cwd(), path }), /command not found/);
});

test("where a stranger listens on a home's pipe, no daemon leads and nobody gets a token", async (t) => {
  const home = homeFor(t);
  const heard: Buffer[] = [];
  const stranger = createServer((socket) => socket.on("data", (data) => heard.push(data)).on("error", () => {}));
  stranger.listen(publicPipe(home));
  await once(stranger, "listening");
  t.after(() => stranger.close());
  const { code, stderr } = await home.hearth("daemon", "start");
  assert.equal(code, 78, stderr);
  assert.match(stderr, /another program listens/);
  assert.equal(Buffer.concat(heard).toString(), "");
});

function publicPipe(home: Home): string {
  return pipesOf(home.path, process.env.USERNAME ?? "").socket;
}

function launchIn(home: Home) {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const limits = { umask: 0o22, softNofile: null };
  const markFile = join(home.directory, "mark");
  return { cwd: home.directory, env, stderrFile: null, markFile, markBeginning: "", stdinFifo: null, limits };
}
