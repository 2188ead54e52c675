// A daemon that a service manager starts on first use: it serves the manager's socket, which stays the manager's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AgentStatus } from "../../protocol/methods.js";
import { connectOrStart as connect } from "../../src/client/connect-or-start.js";
import { hearth } from "../cli/hearth.js";
import { environmentOfSession } from "../support/attached.js";
import { configure, HEARTHD, newHome, readDescriptor, runDaemon, sh, startDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { isRunning, kill } from "../support/processes.js";
import { SocketHolder } from "../support/socket-holder.js";

const CONFIG = { agents: { a: sh("exec sleep 600", { autostart: true }) } };
const WRONG = "[agents.a]\ncomand = 'true'\n";

const descriptorOf = (home: string) => readDescriptor(join(home, "daemon.json"));

async function agent(home: string): Promise<AgentStatus> {
  const { agents } = (await hearth(["--home", home, "start", "a", "--json"])).json<{ agents: AgentStatus[] }>();
  const [found] = agents;
  if (found === undefined) throw new Error("there is no agent");
  return found;
}

async function stop(home: string): Promise<void> {
  expect(await hearth(["--home", home, "daemon", "stop"])).toMatchObject({ code: 0 });
}

test("under systemd-socket-activate the first client's call starts the daemon, and waits for it", async () => {
  const home = newHome();
  configure(home, CONFIG);
  const socket = join(home, "daemon.sock");
  const command = ["-l", socket, "-E", `HEARTH_HOME=${home}`, process.execPath, HEARTHD, "--home", home];
  const activator = spawn("systemd-socket-activate", command, { stdio: "ignore" });
  const ended = once(activator, "exit");
  onTestFinished(() => void activator.kill());
  const { ino } = await eventually(() => statSync(socket, { throwIfNoEntry: false }), "the socket is there");

  // Without a subscription it would only ask: nothing but the call itself starts the daemon.
  expect(await hearth(["--home", home, "daemon", "status"])).toMatchObject({ code: 3 });
  const status = await hearth(["--home", home, "status", "--json"]);
  expect(status.json()).toMatchObject({ daemon: { pid: activator.pid, socketPath: socket } });
  const { pid } = await agent(home);
  const environment = Object.keys(await environmentOfSession(pid));
  expect(environment.filter((name) => name.startsWith("LISTEN_"))).toEqual([]);
  await stop(home);
  expect(await within(ended, () => "the daemon has ended")).toEqual([0, null]);
  expect(statSync(socket).ino).toBe(ino);
});

test("after kill -9 the next call starts the next daemon on the same socket, and it adopts the agents", async () => {
  const home = newHome();
  configure(home, CONFIG);
  const holder = await SocketHolder.hold(home);
  const { inode } = holder;
  const before = await agent(home);
  const first = await holder.latest(1);
  kill(first);
  await eventually(() => holder.ended.length === 1, "the holder has seen the end");

  expect(await agent(home)).toMatchObject({ pid: before.pid, incarnation: 1, adopted: true });
  expect([await holder.latest(2), holder.started.length]).toEqual([descriptorOf(home).pid, 2]);
  await stop(home);
  await eventually(() => holder.ended.length === 2, "the holder has seen the second end");
  expect({ ended: holder.ended, inode: holder.inode }).toEqual({ ended: [-9, 0], inode });
});

test("the library's connect wakes it too", async () => {
  const home = newHome();
  const holder = await SocketHolder.hold(home);
  const client = await connect({ home, env: {} });
  expect(await client.call("daemon.status", {})).toMatchObject({ pid: await holder.latest(1) });
  await client.close();
  await stop(home);
});

test("hearth daemon start leaves the start to the manager", async () => {
  const home = newHome();
  const holder = await SocketHolder.hold(home);
  const started = await hearth(["--home", home, "daemon", "start"]);
  expect(started).toMatchObject({ code: 0, stdout: `daemon is running (pid ${await holder.latest(1)})\n` });
  await stop(home);
});

test("a restart is the manager's: exit 75, and the next call finds the next daemon with the same agents", async () => {
  const home = newHome();
  configure(home, CONFIG);
  const holder = await SocketHolder.hold(home);
  const before = await agent(home);
  expect(await hearth(["--home", home, "rpc", "daemon.restart"])).toMatchObject({ code: 0 });
  await eventually(() => holder.ended.length === 1, "the daemon has left");
  expect(holder.ended).toEqual([75]);
  expect(await agent(home)).toMatchObject({ pid: before.pid, adopted: true });
  await stop(home);
});

test("files that are put back take nothing of the manager's socket, and a name that was deleted leads to the daemon", async () => {
  const home = newHome();
  configure(home, CONFIG);
  const holder = await SocketHolder.hold(home);
  const { inode } = holder;
  await agent(home);
  rmSync(join(home, "daemon.json"));
  await eventually(() => statSync(join(home, "daemon.json"), { throwIfNoEntry: false }), "the descriptor is back");
  expect(holder.inode).toBe(inode);

  rmSync(holder.socket);
  await eventually(() => holder.inode, "the daemon's own socket has the name");
  expect(await hearth(["--home", home, "status", "a"])).toMatchObject({ code: 0 });
  await stop(home);
  expect(holder.inode).toBeUndefined();
});

test("a daemon that can't begin turns those who wait away, and is not started for them again", async () => {
  const home = newHome();
  configure(home, WRONG);
  const holder = await SocketHolder.hold(home);
  const refused = await hearth(["--home", home, "status"]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("hearth daemon start") });
  await eventually(() => holder.ended.length === 1, "the holder has seen the end");
  const explained = await hearth(["--home", home, "daemon", "start"]);
  expect(explained).toMatchObject({ code: 78, stderr: expect.stringContaining("hearth.toml:2:1") });
  await eventually(() => holder.ended.length === 2, "the holder has seen the second end");
  expect({ started: holder.started.length, ended: holder.ended }).toEqual({ started: 2, ended: [78, 78] });
});

test("so does one that finds another leader: no loop, and the leader is left alone", async () => {
  const home = newHome();
  const elsewhere = newHome();
  const args = ["--socket", join(elsewhere, "other.sock"), "--descriptor", join(elsewhere, "other.json")];
  const leader = await startDaemon({ home, args });
  const holder = await SocketHolder.hold(home);
  expect(await hearth(["--home", home, "status"])).toMatchObject({ code: 1 });
  await eventually(() => holder.ended.length === 1, "the holder has seen the end");
  expect({ started: holder.started.length, ended: holder.ended }).toEqual({ started: 1, ended: [78] });
  expect(await leader.call("system.ping", {})).toMatchObject({ pong: true });
});

test("a daemon that is started past its manager refuses to take the manager's place: 78", async () => {
  const home = newHome();
  const holder = await SocketHolder.hold(home);
  const { inode } = holder;
  const { code, stderr } = await runDaemon({ home });
  expect({ code, inode: holder.inode, started: holder.started }).toEqual({ code: 78, inode, started: [] });
  expect(stderr).toContain(`another program listens on ${holder.socket}`);
});

test("cleaning up after a dead daemon neither removes the manager's socket nor wakes anybody", async () => {
  const home = newHome();
  configure(home, CONFIG);
  const holder = await SocketHolder.hold(home);
  const { inode } = holder;
  const { pid } = await agent(home);
  kill(descriptorOf(home).pid);
  await eventually(() => holder.ended.length === 1, "the holder has seen the end");
  await stop(home);
  expect({ inode: holder.inode, started: holder.started.length }).toEqual({ inode, started: 1 });
  expect(isRunning(pid ?? 0)).toBe(true);
  kill(pid);
  await eventually(() => !isRunning(pid ?? 0), "the agent is gone");
});

test("what is handed over must be one Unix socket that takes connections", async () => {
  const give = (what: string) => `exec python3 -c '
import os, socket, sys
${what}
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])' "$@"`;
  const tcp =
    's = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); os.dup2(s.fileno(), 3); os.set_inheritable(3, True)';
  const env = { LISTEN_FDS: "1" };
  const refused = await runDaemon({ env, before: give(tcp) });
  expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining("no listening Unix socket") });
  expect(await runDaemon({ env: { LISTEN_FDS: "2" }, before: give("pass") })).toMatchObject({ code: 78 });
});
