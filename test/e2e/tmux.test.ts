// tmux agents as the daemon runs them: started, poked, captured, restarted, adopted and swept away, without a server left.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { AgentDefinition, HearthToml } from "../../protocol/definition.js";
import { type DaemonOptions, newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";

const AT_ONCE = { backoff: "0s", jitter: 0 } as const;
/** A shell at a terminal ignores SIGTERM. */
const STOP = { signal: "SIGHUP" } as const;
/** A heartbeat that comes too late for whoever would wait for it. */
const RARELY = { daemon: { heartbeat_interval: "1h" } } as const;
const SHELL = { PS1: "$ ", HISTFILE: "/dev/null" };

let home: string;
beforeEach(() => {
  home = newHome();
  onTestFinished(() => {
    const left = serversOf(home);
    for (const pid of left) process.kill(pid, "SIGKILL");
    expect(left).toEqual([]);
  });
});

/** The home's tmux servers. Their environment is empty, so their command line tells whose they are. */
function serversOf(home: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const words = commandLine(pid);
    return words[0]?.includes("tmux") && words.some((word) => word.startsWith(`${home}/`)) && isRunning(pid);
  });
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function inTmux(script: string, rest: Partial<AgentDefinition> = {}): AgentDefinition {
  return sh(script, { session: "tmux", autostart: true, ...rest });
}

/** A shell that a person could sit at. */
function shell(rest: Partial<AgentDefinition> = {}): AgentDefinition {
  const command = ["bash", "--norc", "--noprofile"];
  return { command, session: "tmux", autostart: true, env: SHELL, ready: { output: "$ " }, stop: STOP, ...rest };
}

async function daemonWith(
  agents: Record<string, AgentDefinition>,
  { daemon: settings = {}, ...options }: DaemonOptions & Pick<HearthToml, "daemon"> = {},
): Promise<TestDaemon> {
  const daemon = await startDaemon({ home, config: { daemon: settings, agents }, ...options });
  for (const name of Object.keys(agents)) await daemon.until(name, ({ ready, state }) => ready || state === "failed");
  return daemon;
}

function logOf(agent: string): string {
  const file = `${home}/logs/agents/${agent}.log`;
  return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\r", "") : "";
}

function tmux(...args: string[]): string {
  return execFileSync("tmux", ["-S", `${home}/tmux.sock`, ...args], { encoding: "utf8" });
}

function serverPid(): number {
  return Number(tmux("display-message", "-p", "#{pid}"));
}

async function captured(daemon: TestDaemon, agent: string, line: string): Promise<void> {
  const shows = async (): Promise<boolean> =>
    (await daemon.call("agent.capture", { agent, lines: 50 })).lines.includes(line);
  await eventually(shows, `${line} on the terminal of ${agent}`);
}

describe("a tmux agent", () => {
  test("runs in a session of its name; its output is logged, made ready by and captured", async () => {
    const daemon = await daemonWith({
      "team/clerk": inTmux("echo up; test -t 0 && echo terminal; exec sleep 60", { ready: { output: "terminal" } }),
    });
    expect(tmux("list-sessions", "-F", "#{session_name}")).toBe("team/clerk\n");
    expect(await daemon.agent("team/clerk")).toMatchObject({ state: "running", session: "tmux", incarnation: 1 });
    // A terminal passes a line on before its end has come.
    await eventually(() => logOf("team%2Fclerk").endsWith("terminal\n"), "the end of the line");
    expect(logOf("team%2Fclerk")).toBe("up\nterminal\n");
    const { lines } = await daemon.call("agent.logs", { agent: "team/clerk" });
    expect(lines.map((line) => line.trimEnd())).toEqual(["up", "terminal"]);
    expect(await daemon.call("agent.capture", { agent: "team/clerk", lines: 10 })).toEqual({
      lines: ["up", "terminal"],
    });
  });

  test("is poked as if somebody typed, by hand without any heartbeat and on schedule", async () => {
    const heartbeat = { interval: "1h", poke: "session", message: "echo $((6 * 7)) by schedule" };
    const daemon = await daemonWith({
      clerk: shell(),
      often: shell({ heartbeat: { ...heartbeat, interval: "300ms" } }),
    });
    expect(await daemon.call("agent.poke", { agent: "clerk", message: "echo $((6 * 7))" })).toEqual({
      delivered: true,
      via: "session",
    });
    await captured(daemon, "clerk", "42");
    await captured(daemon, "often", "42 by schedule");
    // One that falls due while the one before is still being typed is told of too.
    let sent = await daemon.event("poke.sent", "often");
    while (sent.data.delivered === false) sent = await daemon.event("poke.sent", "often");
    expect(sent.data).toEqual({ delivered: true, via: "session", scheduled: true });
  });

  test("is not poked with what could type commands", async () => {
    const daemon = await daemonWith({ clerk: shell() });
    for (const message of ["\u001b[201~touch pwned\r", "\u0003", "x".repeat(5_000)]) {
      expect((await daemon.wire.ask("agent.poke", { agent: "clerk", message })).error).toMatchObject({ code: -32602 });
    }
    await daemon.call("agent.poke", { agent: "clerk", message: "echo fine" });
    await captured(daemon, "clerk", "fine");
    expect(existsSync(daemon.path("pwned"))).toBe(false);
  });

  test("whose name begins like another's gets its own pokes and its own end", async () => {
    const daemon = await daemonWith({ may: shell(), mayor: shell() });
    await daemon.call("agent.poke", { agent: "may", message: "echo for may" });
    await daemon.call("agent.poke", { agent: "mayor", message: "echo for mayor" });
    await captured(daemon, "may", "for may");
    await captured(daemon, "mayor", "for mayor");
    expect([logOf("may").includes("for mayor"), logOf("mayor").includes("echo for may\n")]).toEqual([false, false]);
    await daemon.call("agent.stop", { agent: "may" });
    expect((await daemon.wire.ask("agent.poke", { agent: "may" })).error).toMatchObject({ code: -32005 });
    await eventually(() => tmux("list-sessions", "-F", "#{session_name}") === "mayor\n", "its session is gone");
    expect(await daemon.agent("mayor")).toMatchObject({ state: "running", incarnation: 1 });
  });

  test("that ends is restarted by its policy, with its real exit code", async () => {
    const script = '[ "$HEARTH_INCARNATION" = 1 ] && exit 7; exec sleep 60';
    const daemon = await startDaemon({ home, config: { agents: { clerk: inTmux(script, { restart: AT_ONCE }) } } });
    expect(await daemon.until("clerk", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
      restarts: 1,
      lastExit: { code: 7, signal: null, reason: "exited with code 7" },
    });
  });

  test("that loses its pane is noticed without a heartbeat, and restarted", async () => {
    const daemon = await daemonWith({ clerk: inTmux("exec sleep 60", { restart: AT_ONCE }) }, RARELY);
    tmux("kill-pane", "-t", "=clerk:");
    const exited = await daemon.event("agent.exited", "clerk");
    expect(exited.data).toMatchObject({ incarnation: 1 });
    expect(await daemon.until("clerk", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
      restarts: 1,
    });
    expect(tmux("list-panes", "-a", "-F", "#{session_name} #{@hearth-incarnation} #{pane_dead}")).toBe("clerk 2 0\n");
  });

  test("that loses its server is noticed without a heartbeat, swept away though it ignores SIGHUP, and restarted", async () => {
    const stubborn = 'trap "" HUP; setsid sleep 61 & echo "child $!"; while :; do sleep 0.1; done';
    const agents = {
      clerk: inTmux("exec sleep 60", { restart: AT_ONCE }),
      stubborn: inTmux(stubborn, { restart: AT_ONCE, ready: { output: "child" } }),
    };
    const daemon = await daemonWith(agents, RARELY);
    const pids = (await daemon.call("agent.list", {})).agents.map(({ pid }) => pid ?? 0);
    const child = Number(/child (\d+)/.exec(logOf("stubborn"))?.[1]);
    const server = serverPid();
    process.kill(server, "SIGKILL");
    await daemon.event("agent.exited", "clerk");
    await daemon.event("agent.exited", "stubborn");
    for (const name of ["clerk", "stubborn"]) {
      const again = await daemon.until(name, ({ incarnation, ready }) => incarnation === 2 && ready);
      expect(again).toMatchObject({ restarts: 1, recentFailures: 1 });
    }
    expect([...pids, child].filter(isRunning)).toEqual([]);
  });

  test("survives kill -9 of the daemon: the same process is adopted, logged, poked and stopped", async () => {
    const daemon = await daemonWith({ clerk: shell() });
    const { pid, startedAt } = await daemon.agent("clerk");
    await daemon.call("agent.poke", { agent: "clerk", message: "echo $((6 * 7))" });
    await captured(daemon, "clerk", "42");
    await daemon.kill();
    const next = await daemon.startAgain();
    expect(await next.until("clerk", ({ adopted }) => adopted)).toMatchObject({
      pid,
      startedAt,
      incarnation: 1,
      restarts: 0,
      ready: true,
    });
    expect(await next.call("agent.poke", { agent: "clerk", message: "echo $((7 * 7))" })).toMatchObject({
      delivered: true,
    });
    await captured(next, "clerk", "49");
    await eventually(() => logOf("clerk").includes("49\n"), "what came after it in the log");
    expect(logOf("clerk").indexOf("42\n")).toBeGreaterThan(0);
    await next.call("agent.stop", { agent: "clerk" });
    expect(isRunning(pid ?? 0)).toBe(false);
  });

  test("that ended while no daemon ran has its real exit code told by the next one", async () => {
    const script = '[ "$HEARTH_INCARNATION" = 2 ] && exec sleep 60; until [ -e go ]; do sleep 0.02; done; exit 9';
    const daemon = await daemonWith({ clerk: inTmux(script, { restart: AT_ONCE }) });
    const { pid } = await daemon.agent("clerk");
    await daemon.kill();
    execFileSync("touch", [daemon.path("go")]);
    await eventually(() => !isRunning(pid ?? 0), "its end");
    const next = await daemon.startAgain();
    expect(await next.until("clerk", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
      restarts: 1,
      lastExit: { code: 9 },
    });
  });

  test("is stopped with every descendant, the one that left with setsid too", async () => {
    const script =
      'setsid sleep 61 & echo "one $!"; (setsid sh -c "trap \\"\\" TERM HUP; sleep 62" & echo "two $!"); echo up; exec sleep 60';
    const daemon = await daemonWith({ clerk: inTmux(script, { ready: { output: "up" }, stop: { grace: "300ms" } }) });
    const pids = [...logOf("clerk").matchAll(/(?:one|two) (\d+)/g)].map(([, pid]) => Number(pid));
    const server = serverPid();
    expect(pids.filter(isRunning)).toHaveLength(2);
    await daemon.call("agent.stop", { agent: "clerk" });
    expect(pids.filter(isRunning)).toEqual([]);
    await eventually(() => !isRunning(server), "the server goes with its last session");
  });

  test("that is removed leaves no session, and the others stay", async () => {
    const daemon = await daemonWith({ other: inTmux("exec sleep 60") });
    await daemon.call("agent.add", { name: "clerk", command: ["sleep", "60"], session: "tmux" });
    await daemon.call("agent.start", { agent: "clerk", wait: true });
    const { pid } = await daemon.agent("clerk");
    await daemon.call("agent.remove", { agent: "clerk" });
    expect(isRunning(pid ?? 0)).toBe(false);
    await eventually(() => tmux("list-sessions", "-F", "#{session_name}") === "other\n", "its session is gone");
    expect((await daemon.wire.ask("agent.get", { agent: "clerk" })).error).toMatchObject({ code: -32004 });
  });

  test("has no terminal to capture once it has ended, nor has a process", async () => {
    const daemon = await daemonWith({
      clerk: inTmux("exec sleep 60"),
      plain: sh("exec sleep 60", { autostart: true }),
    });
    await daemon.call("agent.stop", { agent: "clerk" });
    for (const agent of ["clerk", "plain"]) {
      expect((await daemon.wire.ask("agent.capture", { agent, lines: 5 })).error).toMatchObject({ code: -32005 });
    }
  });
});

describe("the end of the daemon", () => {
  test("takes agents, tmux server and its socket with it", async () => {
    const daemon = await daemonWith({ one: inTmux("exec sleep 60"), two: inTmux("exec sleep 60") });
    const server = serverPid();
    expect(existsSync(daemon.path("tmux.sock"))).toBe(true);
    expect(await daemon.stop()).toMatchObject({ code: 0 });
    expect([isRunning(server), existsSync(daemon.path("tmux.sock"))]).toEqual([false, false]);
  });

  test("removes a socket whose server was killed", async () => {
    const daemon = await daemonWith({ clerk: inTmux("exec sleep 60", { restart: { policy: "never" } }) });
    process.kill(serverPid(), "SIGKILL");
    await daemon.until("clerk", ({ state }) => state === "stopped");
    expect(existsSync(daemon.path("tmux.sock"))).toBe(true);
    await daemon.stop();
    expect(existsSync(daemon.path("tmux.sock"))).toBe(false);
  });

  test("that keeps its agents keeps their server and socket", async () => {
    const daemon = await daemonWith({ clerk: inTmux("exec sleep 60") });
    const { pid } = await daemon.agent("clerk");
    const server = serverPid();
    await daemon.call("daemon.shutdown", { keepAgents: true });
    await daemon.ended;
    expect([isRunning(server), existsSync(daemon.path("tmux.sock")), isRunning(pid ?? 0)]).toEqual([true, true, true]);
    const next = await daemon.startAgain();
    expect(await next.until("clerk", ({ adopted }) => adopted)).toMatchObject({ pid, incarnation: 1 });
  });
});

test("without tmux in PATH its agents fail and say why, and the others run", async () => {
  const bin = `${home}/bin`;
  mkdirSync(bin);
  for (const name of ["sh", "sleep", "mkfifo"])
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), `${bin}/${name}`);
  const agents = { clerk: inTmux("exec sleep 60"), plain: sh("exec sleep 60", { autostart: true }) };
  const daemon = await daemonWith(agents, { env: { PATH: bin } });
  const clerk = await daemon.agent("clerk");
  expect(clerk).toMatchObject({ state: "failed", incarnation: 0 });
  expect(clerk.lastExit?.reason).toMatch(/^tmux cannot be used: /);
  expect(clerk.lastExit?.reason).toContain(bin);
  expect(await daemon.agent("plain")).toMatchObject({ state: "running" });
});
