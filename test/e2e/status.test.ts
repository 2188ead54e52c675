// `hearth status` as people see it: in a real terminal, in a pipe, with many agents, and while things change.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { configure, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { processesOf } from "../support/processes.js";
import { RealTerminal } from "../support/terminal.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const STEADY = sh("echo listening; exec sleep 1000", { autostart: true });
const CRASHER = sh("exit 3", { autostart: true, restart: { max_attempts: 0 } });

/** What stdout gets when it is no terminal. */
async function piped({ home }: TestDaemon, ...words: string[]): Promise<string> {
  const env = { ...process.env, LANG: "C.UTF-8", LC_ALL: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [HEARTH, ...words, "--home", home], { env });
  return stdout;
}

/** A terminal in which `hearth` is this build's, of the daemon's home. */
function terminalOf({ home }: TestDaemon, size = { columns: 80, rows: 24 }): RealTerminal {
  const env = { LANG: "C.UTF-8", LC_ALL: "", HEARTH_HOME: home };
  const terminal = new RealTerminal({ ...size, env });
  terminal.run(`hearth() { '${process.execPath}' '${HEARTH}' "$@"; }`);
  return terminal;
}

/** A terminal that shows `hearth status --watch` of these words. */
async function watching(daemon: TestDaemon, words = "", size = { columns: 80, rows: 24 }): Promise<RealTerminal> {
  const terminal = terminalOf(daemon, size);
  terminal.run(`hearth status --watch ${words}; echo "code=$?"`);
  await terminal.shows("daemon running");
  return terminal;
}

/** The process that shows `--watch`, if there is one; the terminal and its shell carry the home as well. */
function watcherOf({ home }: TestDaemon): number | undefined {
  return processesOf(home).find(({ command }) => command.includes("status --watch"))?.pid;
}

/** Ends what is watched with Ctrl-C. */
async function leave(daemon: TestDaemon, terminal: RealTerminal): Promise<void> {
  terminal.press("C-c");
  await eventually(() => watcherOf(daemon) === undefined, "nobody watches any more");
}

test("a glob that matches none of the agents says so, and how to see those that there are", async () => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY } } });
  const [, , told] = (await piped(daemon, "status", "x*")).split("\n");
  expect(told).toBe("There is no agent x*: `hearth status` shows all.");
});

test("in a pipe there are all columns without colours, in a terminal as many as fit", async () => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY, crasher: CRASHER } } });
  await daemon.until("crasher", ({ state }) => state === "failed");
  await daemon.event("agent.ready", "steady");
  const [, , head, crasher, steady] = (await piped(daemon, "status")).split("\n");
  expect(head).toMatch(/^AGENT +STATE +PID +UPTIME +RESTARTS +LAST EXIT +CPU +MEM +HOUR$/);
  expect(crasher).toMatch(/^crasher +✖ failed +- +- +0 +exit 3 +- +- +·+✖$/);
  expect(steady).toMatch(/^steady +● running +\d+ +\d+s +0 +- +[\d.]+% +\S+[kM]B +·+▅$/);
  const terminal = terminalOf(daemon, { columns: 20, rows: 10 });
  terminal.run("hearth status");
  await terminal.shows(/AGENT +STATE\ncrasher +✖ failed\nsteady +● running/);
});

test("the page of an agent tells its policy, when it is tried again, its requests, events and output", async () => {
  const config = { agents: { flaky: sh("echo oops; exit 3", { restart: { backoff: "50s", jitter: 0 } }) } };
  const daemon = await startDaemon({ config });
  await daemon.call("lifecycle.request", { agent: "flaky", action: "restart", reason: "try it" });
  await daemon.until("flaky", ({ state }) => state === "backoff");
  const page = await piped(daemon, "status", "flaky");
  expect(page).toMatch(/^state {6}↻ in backoff until .*: exited with code 3$/m);
  expect(page).toMatch(/^next try {3}in \d+s$/m);
  expect(page).toMatch(/^policy {5}restarted on failure, at most 3 times within 5m, after 50s to 1m$/m);
  expect(page).toMatch(/^Requests\n.*\n.* restart .*try it$/m);
  expect(page).toMatch(/agent\.exited incarnation=1 code=3 reason="exited with code 3"/m);
  expect(page).toMatch(/^Output\noops$/m);
});

test("--json has nothing that takes time to find out", async () => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY } } });
  const { agents } = JSON.parse(await piped(daemon, "status", "--json"));
  expect(agents[0]).not.toHaveProperty("usage");
  expect(agents[0]).not.toHaveProperty("history");
});

test("500 agents are listed, the daemon going on with what it does", async () => {
  const agents = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`team/a-${index}`, sh("sleep 1")]));
  const daemon = await startDaemon({ config: { agents } });
  const lines = (await piped(daemon, "ls")).split("\n");
  expect(lines.filter((line) => /^team\/a-\d+ +○ stopped/.test(line))).toHaveLength(500);
});

test("--watch shows what changes as it changes, also in another size", async () => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY } } });
  const terminal = await watching(daemon);
  await terminal.shows(/steady +● running/);
  await daemon.call("agent.stop", { agent: "steady" });
  await terminal.shows(/steady +○ stopped/);
  configure(daemon.home, { agents: { steady: STEADY, another: STEADY } });
  await daemon.call("daemon.reload", {});
  await terminal.shows(/another +● running/);
  terminal.resize({ columns: 30, rows: 4 });
  await terminal.shows(/^daemon running[^\n]*…\n\nAGENT +STATE +UPTIME\n\.\.\. 2 more lines/);
  await leave(daemon, terminal);
});

test("--watch of one agent follows its output, and ends when the agent is removed", async () => {
  const daemon = await startDaemon();
  await daemon.call("agent.add", { name: "echo", command: ["cat"], heartbeat: { poke: "session" }, autostart: true });
  await daemon.call("agent.start", { agent: "echo", wait: true });
  const terminal = await watching(daemon, "echo");
  await daemon.call("agent.poke", { agent: "echo", message: "día 漢字" });
  await terminal.shows(/Output\n+día 漢字/);
  await daemon.call("agent.remove", { agent: "echo" });
  await terminal.shows(/There is no agent "echo"[\s\S]*code=4/);
});

test("--watch goes on with the next daemon, and says so when there is none", async () => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY } } });
  const terminal = await watching(daemon);
  await daemon.kill();
  const next = await daemon.startAgain();
  await terminal.shows(`pid ${next.pid}`);
  await next.stop();
  await terminal.shows(/daemon offline[\s\S]*code=3/);
});

type End = (terminal: RealTerminal, watcher: number) => unknown;
const WAYS_TO_END: readonly (readonly [string, number, End])[] = [
  ["Ctrl-C", 130, (terminal) => terminal.press("C-c")],
  ["SIGTERM", 143, (_, watcher) => process.kill(watcher, "SIGTERM")],
  ["SIGKILL", 137, (_, watcher) => process.kill(watcher, "SIGKILL")],
];

test.each(WAYS_TO_END)("%s leaves the terminal as it was", async (_how, code, end) => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY } } });
  const terminal = terminalOf(daemon);
  terminal.run("echo still' 'here");
  await terminal.shows("still here");
  const before = terminal.modes;
  terminal.run("hearth status --watch");
  await terminal.shows("daemon running");
  expect(terminal.modes).toMatchObject({ isAlternate: true, hasCursor: false });
  end(terminal, await eventually(() => watcherOf(daemon), "somebody watches"));
  await terminal.shows("still here");
  await eventually(() => watcherOf(daemon) === undefined, "nobody watches any more");
  terminal.run('echo "code"=$?');
  await terminal.shows(`code=${code}`);
  expect(terminal.modes).toEqual(before);
});

test("Ctrl-Z lends the terminal to the shell, and fg draws again", async () => {
  const daemon = await startDaemon({ config: { agents: { steady: STEADY } } });
  const terminal = terminalOf(daemon);
  const before = terminal.modes;
  terminal.run("set -m; hearth status --watch");
  await terminal.shows("daemon running");
  terminal.press("C-z");
  await terminal.shows("Stopped");
  expect(terminal.modes).toEqual(before);
  terminal.run("fg");
  await terminal.shows("daemon running");
  expect(terminal.modes).toMatchObject({ isAlternate: true, hasCursor: false });
  await leave(daemon, terminal);
});

test.each([
  ["status --watch | cat", "run `hearth events -f`"],
  ["status --watch --json", "run `hearth events -f --json`"],
])("%s is refused with what to do instead", async (words, advice) => {
  const daemon = await startDaemon();
  const terminal = terminalOf(daemon, { columns: 200, rows: 24 });
  terminal.run(`hearth ${words}`);
  await terminal.shows(advice);
});
