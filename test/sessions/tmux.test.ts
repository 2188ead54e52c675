import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LaunchError } from "../../src/sessions/session.js";
import { createTmuxSessions } from "../../src/sessions/tmux.js";
import { lives, sleeps, Told, until } from "./sandbox.js";
import { TmuxSandbox } from "./tmux-sandbox.js";

let sandbox: TmuxSandbox;
beforeEach(() => {
  sandbox = new TmuxSandbox();
});
afterEach(() => sandbox.dispose());

describe("a fork", () => {
  it("creates a session named like its agent, slash and all, and runs nothing before its release", async () => {
    const started = await sandbox.fork(["sh", "-c", "echo ran"]);
    expect([sandbox.sessions(), sandbox.log(), existsSync(sandbox.markOf(1))]).toEqual([["town/mayor"], "", false]);
    await sandbox.end(started);
    expect([started.told.outcome, sandbox.log()]).toEqual([{ ran: false, empty: true }, ""]);
  });

  it("whose daemon forgets it before the release ends unrun", async () => {
    const { session } = await sandbox.fork(["sh", "-c", "echo ran"]);
    session.forget();
    await until(() => !lives(session.ref.identity.pid), "the gate to end");
    expect([sandbox.log(), existsSync(sandbox.markOf(1))]).toEqual(["", false]);
    await sandbox.end(await sandbox.script("sleep 60"));
  });

  it("is described by the identity of the process that will be the command", async () => {
    const started = await sandbox.script("echo self=$$; sleep 60");
    expect(await sandbox.pidOf("self")).toBe(started.session.ref.identity.pid);
    expect(started.session.ref).toMatchObject({ kind: "tmux", tokenHash: "0f" });
    await sandbox.end(started);
  });

  it("gives the command its environment and the terminal's, and nothing else", async () => {
    const launch = sandbox.launch(["sh", "-c", "env; pwd; umask; sleep 60"]);
    const odd = {
      QUOTED: 'it\'s "$HOME" `x` \\',
      LINES_OF: "one\ntwo",
      TERM: "dumb",
      TMUX: "another's",
      "NOT.NAME": "1",
    };
    const env = { ...launch.env, ...odd };
    const told = new Told();
    const session = await sandbox.kind.fork({ ...launch, env }, told);
    await session.release();
    await sandbox.logged("0022\n");
    const log = sandbox.log();
    expect(log).toContain('QUOTED=it\'s "$HOME" `x` \\\n');
    expect(log).toContain("LINES_OF=one\ntwo\n");
    expect(log).toContain("TERM=screen-256color\n");
    expect(log).toContain(`\n${sandbox.home}\n0022\n`);
    const terminal = ["PWD", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "TMUX_PANE"];
    const names = Object.keys(env).filter((name) => name !== "NOT.NAME");
    expect(new Set(log.match(/^[A-Z_0-9]+(?==)/gm))).toEqual(new Set([...names, ...terminal]));
    expect(log).not.toContain("another's");
    await sandbox.end({ session, told, agent: launch.agent, incarnation: launch.incarnation });
  });

  it("takes an environment that is larger than a pipe", async () => {
    const launch = sandbox.launch(["sh", "-c", 'printf "$A" | wc -c; printf "$B" | wc -c; sleep 60']);
    const [a, b] = ["a".repeat(100_000), "b".repeat(120_000)];
    const started = await sandbox.start(launch.command, {
      env: { ...launch.env, HEARTH_INCARNATION: "2", A: a, B: b },
    });
    await sandbox.logged("100000\n120000");
    await sandbox.end(started);
  });

  it("shows no token: not on a command line, not in the server's environment, not to another session", async () => {
    const started = await sandbox.fork(["sleep", "60"]);
    const other = await sandbox.start(["sleep", "60"], { agent: "clerk" });
    const commandLines = (): string => {
      const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
      return pids.map((pid) => readOrEmpty(`/proc/${pid}/cmdline`)).join("\n");
    };
    expect(commandLines()).not.toContain(sandbox.secret);
    await started.session.release();
    expect(commandLines()).not.toContain(sandbox.secret);
    expect(sandbox.tmux("show-environment", "-g")).toBe(`PATH=${process.env.PATH}\nPWD=/\n`);
    expect(sandbox.tmux("show-environment", "-t", "=town/mayor:")).toBe("");
    expect(readFileSync(`/proc/${sandbox.serverPid()}/environ`, "utf8")).not.toContain("HEARTH");
    await Promise.all([sandbox.end(started), sandbox.end(other)]);
  });

  it("leaves neither FIFO nor anything secret in a file", async () => {
    const started = await sandbox.start(["sleep", "60"]);
    const files = readdirSync(sandbox.run).sort();
    expect(files).toEqual(["started", "tmux.conf", "tmux.notice", "tmux.sock"]);
    await sandbox.end(started);
  });

  it("passes arguments on as they are", async () => {
    const args = ["a b", "", ";", "x;", "#{pid}", "%H", "$HOME", "'", "\\", "-t", "é🙂"];
    const script = 'for each; do printf "[%s]" "$each"; done; echo; sleep 60';
    const started = await sandbox.start(["sh", "-c", script, "sh", ...args]);
    await sandbox.logged(`${args.map((arg) => `[${arg}]`).join("")}\n`);
    await sandbox.end(started);
  });

  it("takes a command line longer than tmux would", async () => {
    const started = await sandbox.start(["sh", "-c", 'printf "$1" | wc -c; sleep 60', "sh", "x".repeat(60_000)]);
    await sandbox.logged("60000");
    await sandbox.end(started);
  });

  it("appends to a log whose name no format, date or shell may touch", async () => {
    const directory = sandbox.makeDirectory("#{pid}#[x] %H 'q' $HOME");
    const logFile = join(directory, "a.log");
    writeFileSync(logFile, "earlier\n");
    const started = await sandbox.script("echo later; sleep 60", { logFile });
    await until(() => readFileSync(logFile, "utf8") === "earlier\nlater\r\n", "the log");
    await sandbox.end(started);
  });

  it("that cannot find its command says which PATH was searched, and leaves nothing", async () => {
    const failure = sandbox.kind.fork(sandbox.launch(["picoclaw"], { env: { PATH: "/a:/b" } }), new Told());
    await expect(failure).rejects.toThrow("command not found: picoclaw (searched PATH /a:/b)");
    expect(sandbox.sessions()).toEqual([]);
  });

  it("of a name that runs already is refused with the command that helps", async () => {
    const started = await sandbox.start(["sleep", "60"]);
    const failure = sandbox.kind.fork(sandbox.launch(["sleep", "60"]), new Told());
    await expect(failure).rejects.toThrow("a tmux session named town/mayor is running already");
    await expect(failure).rejects.toHaveProperty(
      "hint",
      `run: tmux -S '${sandbox.socket}' kill-session -t '=town/mayor:'`,
    );
    await sandbox.end(started);
  });

  it("follows a dead session of its name that nobody cleared away", async () => {
    const first = await sandbox.script("exit 0");
    await first.told.hasExited();
    const second = await sandbox.script("echo self=$$; sleep 60");
    expect(await sandbox.pidOf("self")).toBe(second.session.ref.identity.pid);
    // Clearing the first away now must not touch the second.
    await sandbox.kind.clearMark("town/mayor", first.incarnation);
    expect(sandbox.sessions()).toEqual(["town/mayor"]);
    await sandbox.end(second);
  });

  it("starts a server again and again as the last session goes", async () => {
    for (let round = 0; round < 5; round++) {
      const started = await sandbox.script("exit 0");
      await started.told.hasExited();
      await sandbox.kind.clearMark("town/mayor", started.incarnation);
    }
    expect(sandbox.sessions()).toEqual([]);
  });
});

describe("tmux itself", () => {
  it("when missing is a launch error that names the package", async () => {
    const kind = createTmuxSessions({ ...sandbox.options(), path: "/nowhere" });
    const failure = kind.fork(sandbox.launch(["sleep", "60"]), new Told());
    await expect(failure).rejects.toThrow(LaunchError);
    await expect(failure).rejects.toThrow("tmux cannot be used: command not found: tmux (searched PATH /nowhere)");
    await expect(failure).rejects.toHaveProperty("hint", expect.stringContaining("apt install tmux"));
    expect(readdirSync(sandbox.run)).not.toContain("gate.town%2Fmayor.1");
  });

  it.each(["tmux 2.9a", "tmux 3.2a"])("%s is too old, and the error says what is needed", async (version) => {
    const bin = sandbox.makeDirectory("bin");
    writeFileSync(join(bin, "tmux"), `#!/bin/sh\necho '${version}'\n`);
    chmodSync(join(bin, "tmux"), 0o755);
    const kind = createTmuxSessions({ ...sandbox.options(), path: `${bin}:${process.env.PATH}` });
    const failure = kind.fork(sandbox.launch(["sleep", "60"]), new Told());
    await expect(failure).rejects.toThrow(LaunchError);
    await expect(failure).rejects.toThrow(`${bin}/tmux is too old: ${version}; 3.3 or later is needed`);
  });

  it("that refuses a command is quoted", async () => {
    const kind = createTmuxSessions({ ...sandbox.options(), socketDirectory: join(sandbox.home, "none") });
    const failure = kind.fork(sandbox.launch(["sleep", "60"]), new Told());
    await expect(failure).rejects.toThrow(/^tmux new-session: .*none\/tmux\.sock/);
  });
});

describe("the end of a session", () => {
  it("tells the exit code", async () => {
    const { told, incarnation } = await sandbox.script("echo last words; exit 3");
    await told.hasExited();
    expect(told.exit).toMatchObject({ code: 3, signal: null, reason: "exited with code 3" });
    expect(told.outcome).toEqual({ ran: true, empty: true });
    await sandbox.logged("last words\n");
    await sandbox.kind.clearMark("town/mayor", incarnation);
  });

  it("tells the signal", async () => {
    const started = await sandbox.start(["sleep", "60"]);
    process.kill(started.session.ref.identity.pid, "SIGUSR1");
    await started.told.hasExited();
    expect(started.told.exit).toMatchObject({ code: null, signal: "SIGUSR1", reason: "killed by SIGUSR1" });
    await sandbox.kind.clearMark("town/mayor", started.incarnation);
  });

  it("is noticed", async () => {
    const started = await sandbox.start(["sleep", "60"]);
    process.kill(started.session.ref.identity.pid, "SIGKILL");
    await started.told.hasExited();
    await sandbox.kind.clearMark("town/mayor", started.incarnation);
  });

  it("keeps the dead session until its end is recorded", async () => {
    const { told, incarnation } = await sandbox.script("exit 0");
    await told.hasExited();
    expect(sandbox.sessions()).toEqual(["town/mayor"]);
    await sandbox.kind.clearMark("town/mayor", incarnation);
    expect([sandbox.sessions(), existsSync(sandbox.markOf(incarnation))]).toEqual([[], false]);
  });

  it("is cleared away by a daemon that closes, but not a session that lives", async () => {
    const dead = await sandbox.script("exit 0", { agent: "may" });
    const alive = await sandbox.start(["sleep", "60"], { agent: "mayor" });
    await dead.told.hasExited();
    await sandbox.kind.close();
    expect(sandbox.sessions()).toEqual(["mayor"]);
    await sandbox.end(alive);
  });

  it("is not that of an agent whose name begins alike", async () => {
    const mayor = await sandbox.start(["sleep", "60"], { agent: "mayor" });
    const may = await sandbox.start(["sleep", "60"], { agent: "may", incarnation: mayor.incarnation });
    // Taken away before anybody clears it away: then `-t may` would mean the mayor.
    sandbox.tmux("kill-session", "-t", "=may:");
    await may.told.hasExited();
    await sandbox.kind.clearMark("may", may.incarnation);
    expect([sandbox.sessions(), mayor.told.calls]).toEqual([["mayor"], []]);
    await sandbox.end(mayor);
  });

  it("reaches every descendant, the one that left with setsid too", async () => {
    const started = await sandbox.script("(setsid sh -c 'echo orphan=$$; trap : HUP; exec sleep 60' & ); sleep 60");
    const orphan = await sandbox.pidOf("orphan");
    // In the midst of becoming that it has no environment to be found by.
    await until(() => sleeps(orphan), "it to sleep");
    started.session.signal("SIGTERM");
    await started.told.hasExited();
    if (started.told.outcome?.empty === false) await started.told.hasEmptied();
    expect(lives(orphan)).toBe(false);
    await sandbox.kind.clearMark("town/mayor", started.incarnation);
    expect(sandbox.sessions()).toEqual([]);
  });

  it("comes to those who ignore SIGTERM and SIGHUP by a kill", async () => {
    const started = await sandbox.script("trap '' TERM HUP; echo self=$$; while :; do sleep 60; done");
    const pid = await sandbox.pidOf("self");
    started.session.signal("SIGTERM");
    await sandbox.end(started);
    expect([lives(pid), started.told.exit?.signal]).toEqual([false, "SIGKILL"]);
  });
});

describe("from outside", () => {
  it("a server that is killed is noticed, and the next fork starts another", async () => {
    const one = await sandbox.start(["sleep", "60"], { agent: "one" });
    const stubborn = await sandbox.script("trap '' HUP; echo self=$$; while :; do sleep 60; done");
    const pid = await sandbox.pidOf("self");
    process.kill(sandbox.serverPid(), "SIGKILL");
    await Promise.all([one.told.hasExited(), stubborn.told.hasExited()]);
    expect(one.told.exit).toMatchObject({ code: null, signal: null, reason: expect.stringContaining("not observed") });
    expect([lives(pid), stubborn.told.outcome]).toEqual([true, { ran: true, empty: false }]);
    await sandbox.end(stubborn);
    expect(lives(pid)).toBe(false);
    await sandbox.end(await sandbox.start(["sleep", "60"], { agent: "one" }));
  });

  it.each([
    ["session", ["kill-session", "-t", "=town/mayor:"]],
    ["pane", ["kill-pane", "-t", "=town/mayor:"]],
  ])("a %s that is killed is noticed, even when its program ignores that", async (_, command) => {
    const other = await sandbox.start(["sleep", "60"], { agent: "other" });
    const started = await sandbox.script("trap '' HUP; echo self=$$; while :; do sleep 60; done");
    const pid = await sandbox.pidOf("self");
    sandbox.tmux(...command);
    await started.told.hasExited();
    expect(started.told.exit?.reason).toBe("exit not observed: its tmux session is gone");
    expect(lives(pid)).toBe(true);
    await sandbox.end(started);
    expect([lives(pid), other.told.calls]).toEqual([false, []]);
    await sandbox.end(other);
  });

  it("a pane that is split off does not end the agent's session, nor does its end", async () => {
    const started = await sandbox.start(["sleep", "60"]);
    sandbox.tmux("split-window", "-t", "=town/mayor:", "exit 0");
    await until(() => sandbox.tmux("list-panes", "-a", "-F", "#{pane_dead}").includes("1"), "the other pane's end");
    expect(await started.session.capture({ lines: 5 })).toEqual([""]);
    expect(started.told.calls).toEqual([]);
    await sandbox.end(started);
  });
});

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
