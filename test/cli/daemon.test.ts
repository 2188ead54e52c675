import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configure, newHome, readDescriptor, sh } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";
import { hearth as anywhere, type Ran, type RunOptions } from "./hearth.js";

const TALKER = sh("echo listening; exec sleep 1000", { autostart: true, ready: { output: "listening" } });
/** Never ready, so that whoever waits for it is told of its end however late that comes. */
const CRASHER = sh("exit 3", { ready: { output: "listening" }, restart: { max_attempts: 0 } });

let home: string;

beforeEach(() => {
  home = newHome();
});

// Runs before the fixture looks for processes that were left behind.
afterEach(() => hearth("daemon", "stop"));

function hearth(...argv: string[]): Promise<Ran> {
  return hearthWith({}, ...argv);
}

function hearthWith(options: RunOptions, ...argv: string[]): Promise<Ran> {
  return anywhere(["--home", home, ...argv], options);
}

function pid(): number {
  return readDescriptor(join(home, "daemon.json")).pid;
}

async function halt(): Promise<void> {
  process.kill(pid(), "SIGSTOP");
  await eventually(() => / T /.test(readFileSync(`/proc/${pid()}/stat`, "utf8")), "the daemon is halted");
}

describe("the daemon", () => {
  it("starts once, and the second start names the same process", async () => {
    const first = await hearth("daemon", "start", "--json");
    const second = await hearth("daemon", "start");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.json()).toMatchObject({ status: "running", pid: pid(), descriptorPath: join(home, "daemon.json") });
    expect(second).toMatchObject({ code: 0, stdout: `daemon is already running (pid ${pid()})\n` });
  });

  it("is running, stopped or stale", async () => {
    expect(await hearth("daemon", "status")).toMatchObject({ code: 3 });
    await hearth("daemon", "start");
    const running = await hearth("daemon", "status", "--json");
    expect(running.code).toBe(0);
    expect(running.json()).toMatchObject({ status: "running", pid: pid(), home, health: { status: "ok" } });
    process.kill(pid(), "SIGKILL");
    await eventually(() => !isRunning(pid()), "the daemon is gone");
    const stale = await hearth("daemon", "status", "--json");
    expect({ code: stale.code, ...stale.json() }).toMatchObject({ code: 1, status: "stale", pid: pid() });
  });

  it("that is halted is unresponsive, not usurped, and can be stopped", async () => {
    await hearth("daemon", "start");
    const halted = pid();
    await halt();
    expect((await hearth("daemon", "status", "--json")).json()).toMatchObject({ status: "unresponsive", pid: halted });
    expect(await hearth("daemon", "start")).toMatchObject({ code: 1, stderr: expect.stringContaining("SIGSTOP") });
    expect(pid()).toBe(halted);
    expect(await hearth("daemon", "stop")).toMatchObject({ code: 0 });
    expect(isRunning(halted)).toBe(false);
  });

  it("is restarted by another process, under the same agents", async () => {
    configure(home, { agents: { talker: TALKER } });
    await hearth("start");
    const before = { pid: pid(), status: (await hearth("status", "talker", "--json")).json() };
    const restarted = await hearth("daemon", "restart", "--json");
    expect(restarted.code).toBe(0);
    expect(restarted.json()).toMatchObject({ status: "running", pid: pid() });
    expect(pid()).not.toBe(before.pid);
    const [agent] = before.status.agents as { pid: number }[];
    // The daemon answers as soon as it knows of its agents, and adopts them then.
    const adopted = await eventually(async () => {
      const { agents } = (await hearth("status", "talker", "--json")).json<{
        agents: { pid: number; adopted: boolean }[];
      }>();
      return agents.find((each) => each.adopted);
    }, "the agent is adopted");
    expect(adopted.pid).toBe(agent?.pid);
  });

  it("that is stopped already, and a home that is stale, exit 0", async () => {
    expect(await hearth("daemon", "stop")).toMatchObject({ code: 0, stdout: "daemon is already stopped\n" });
    configure(home, { agents: { talker: TALKER } });
    await hearth("start");
    process.kill(pid(), "SIGKILL");
    await eventually(() => !isRunning(pid()), "the daemon is gone");
    const stopped = await hearth("daemon", "stop");
    expect(stopped.code).toBe(0);
    expect(stopped.stderr).toMatch(/ {2}talker \(pid \d+\)\n.*adopt/);
    expect([existsSync(join(home, "daemon.json")), existsSync(join(home, "daemon.sock"))]).toEqual([false, false]);
    expect(await hearth("start", "talker")).toMatchObject({ code: 0 });
  });

  it("refuses a wrong configuration with 78 and its place", async () => {
    configure(home, "[agents.x]\ncomand = 'true'\n");
    expect(await hearth("daemon", "start")).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("hearth.toml:2:1"),
    });
  });

  it("is restarted once more or not, and well, for each of those who ask at the same time", async () => {
    await hearth("daemon", "start");
    const before = pid();
    const asked = await Promise.all(Array.from({ length: 4 }, () => hearth("daemon", "restart", "--json")));
    expect(asked.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(asked.map((each) => each.json().pid)).not.toContain(before);
    expect(await hearth("daemon", "status")).toMatchObject({ code: 0 });
  });

  it("whose descriptor is elsewhere is not called stopped, and is waited for only until it is seen to serve", async () => {
    const elsewhere = ["--descriptor", join(home, "elsewhere.json")];
    const started = await hearth("daemon", "start", "--json", ...elsewhere);
    const holder = Number(started.json().pid);
    const refusal = { code: 78, stderr: expect.stringContaining(`(pid ${holder}) holds this home`) };
    const commands = [["daemon", "stop"], ["daemon", "start"], ["start"], ["daemon", "restart"]];
    const refused = await Promise.all(commands.map((words) => hearth(...words)));
    const status = await hearth("daemon", "status");
    const stopped = await hearth("daemon", "stop", ...elsewhere);
    expect(refused).toMatchObject(commands.map(() => refusal));
    expect(status.stderr).toContain(`process ${holder} holds this home`);
    expect(stopped).toMatchObject({ code: 0, stdout: `daemon (pid ${holder}) is stopped\n` });
    expect(await hearth("daemon", "stop")).toMatchObject({ code: 0, stdout: "daemon is already stopped\n" });
  });

  it("is stopped as well right after its descriptor was deleted", async () => {
    await hearth("daemon", "start");
    const running = pid();
    rmSync(join(home, "daemon.json"));
    expect(await hearth("daemon", "stop")).toMatchObject({ stdout: `daemon (pid ${running}) is stopped\n` });
    expect(isRunning(running)).toBe(false);
  });

  it("keeps its log readable when it is gone", async () => {
    await hearth("daemon", "start");
    await hearth("daemon", "stop");
    const { code, stdout } = await hearth("daemon", "logs", "-n", "3");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Z info {2}/);
    expect((await hearth("daemon", "logs", "--json")).json().file).toBe(join(home, "logs", "daemon.log"));
  });

  it("reports a broken descriptor of a daemon that runs instead of starting a second one", async () => {
    await hearth("daemon", "start");
    const file = join(home, "daemon.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.slice(0, 40));
    expect(await hearth("status")).toMatchObject({ code: 3, stderr: expect.stringContaining("ends in the middle") });
    expect(await hearth("daemon", "start")).toMatchObject({ code: 1, stderr: expect.stringContaining("descriptor") });
    expect(await hearth("daemon", "stop")).toMatchObject({ code: 1 });
    writeFileSync(file, text);
  });
});

describe("agents", () => {
  it("are started with their daemon, which is said", async () => {
    configure(home, { agents: { talker: TALKER, other: sh("exec sleep 1000") } });
    const started = await hearth("start");
    expect(started).toMatchObject({ code: 0, stderr: `started the daemon (pid ${pid()})\n` });
    expect(started.stdout).toMatch(/^talker is running \(pid \d+\)\n$/);
    const { stdout } = await hearthWith({ columns: 120 }, "status");
    expect(stdout).toMatch(/other {3}\S+ stopped/);
  });

  it("that fail make start exit 1 with the reason and what to do", async () => {
    configure(home, { agents: { crasher: { ...CRASHER, autostart: true } } });
    for (const argv of [["start"], ["start", "crasher", "--reset"]]) {
      expect(await hearth(...argv)).toMatchObject({
        code: 1,
        stdout: "crasher is failed: exited with code 3\n",
        stderr: expect.stringContaining("hearth start crasher --reset"),
      });
    }
    expect(await hearth("reset", "crasher")).toMatchObject({ code: 0, stdout: "crasher is stopped\n" });
  });

  it("that wait for one that has failed make whoever waits for them exit 1 and name it", async () => {
    const api = sh("exec sleep 1000", { depends_on: ["crasher"] });
    const web = sh("exec sleep 1000", { autostart: true, depends_on: ["api"] });
    configure(home, { agents: { crasher: CRASHER, api, web } });
    for (const argv of [["start"], ["start", "web"], ["restart", "web", "--wait"]]) {
      expect(await hearth(...argv)).toMatchObject({
        code: 1,
        stdout: "web is waiting for api\n",
        stderr: expect.stringContaining(
          "note: crasher is failed: exited with code 3; what depends on it waits in vain\n",
        ),
      });
    }
    // Nobody knows yet what becomes of it.
    expect(await hearth("start", "web", "--no-wait")).toMatchObject({ code: 0, stderr: "" });
  });

  it("are carried out although another one is unknown, which exits 4 with a suggestion", async () => {
    configure(home, { agents: { talker: TALKER, other: sh("exec sleep 1000") } });
    await hearth("daemon", "start");
    const started = await hearth("start", "other", "talkre", "--json");
    expect(started.code).toBe(4);
    expect(started.json()).toMatchObject({ error: { code: -32004, kind: "no-such-agent" } });
    expect((await hearth("status", "other", "--json")).json()).toMatchObject({ agents: [{ state: "running" }] });
    expect(await hearth("status", "talkre")).toMatchObject({ code: 4, stderr: expect.stringContaining('"talker"') });
  });

  it("stop, restart and appear once however often they are meant", async () => {
    configure(home, { agents: { talker: TALKER } });
    await hearth("start");
    expect(await hearth("restart", "talker", "t*", "--wait")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^talker is running \(pid \d+\)\n$/),
    });
    expect(await hearth("stop", "--all")).toMatchObject({ code: 0, stdout: "talker is stopped\n" });
  });

  it("are restarted with the environment of the command, or with the daemon's again", async () => {
    const script = 'echo "$HEARTH_INCARNATION $FRESH"; exec sleep 1000';
    configure(home, { agents: { talker: sh(script, { autostart: true, ready: { output: " " } }) } });
    await hearth("start");
    const fresh = { env: { FRESH: "yes" } };
    for (const [options, flag] of [
      [fresh, "--update-env"],
      [{}, "--wait"],
      [fresh, "--reset-env"],
    ] as const)
      expect(await hearthWith(options, "restart", "talker", "--wait", flag)).toMatchObject({ code: 0 });
    expect((await hearth("logs", "talker")).stdout).toBe("1 \n2 yes\n3 yes\n4 \n");
  });

  it("are added and removed", async () => {
    await hearth("daemon", "start");
    const cwd = join(home, "work");
    mkdirSync(cwd);
    const added = await hearthWith({ cwd }, "run", "--name", "web", "--", "/bin/sh", "-c", "pwd; exec sleep 1000");
    expect(added.code).toBe(0);
    await eventually(async () => (await hearth("logs", "web")).stdout === `${cwd}\n`, "it runs where it was added");
    expect(await hearth("signal", "web", "winch")).toMatchObject({ code: 0 });
    expect(await hearth("signal", "web", "sigfoo")).toMatchObject({ code: 2 });
    expect(await hearth("remove", "web")).toMatchObject({ code: 0, stdout: "web is removed\n" });
    expect(await hearth("logs", "web")).toMatchObject({ code: 4 });
  });

  it("show their output without what could control a terminal", async () => {
    const script = String.raw`printf '\033[31mred\033[0m\033]0;title\007\n'; exec sleep 1000`;
    configure(home, { agents: { painter: sh(script, { autostart: true, ready: { output: "red" } }) } });
    await hearth("start");
    expect((await hearth("logs", "painter")).stdout).toBe("red\n");
    expect((await hearthWith({ columns: 80 }, "logs", "painter")).stdout).toBe("\x1b[31mred\x1b[0m\x1b[0m\n");
    const noColour = { columns: 80, env: { NO_COLOR: "1" } };
    expect((await hearthWith(noColour, "logs")).stdout).toBe("painter | red\n");
    expect((await hearth("logs", "painter", "--json")).json().lines).toEqual(["\x1b[31mred\x1b[0m\x1b]0;title\x07"]);
  });
});

describe("calls", () => {
  it("without a daemon exit 3 and say what to do", async () => {
    for (const argv of [["status"], ["stop", "x"], ["rpc", "system.ping"], ["daemon", "reload"]]) {
      expect(await hearth(...argv)).toMatchObject({
        code: 3,
        stdout: "",
        stderr: "hearth: daemon offline: run `hearth daemon start`\n",
      });
    }
  });

  it("can be raw", async () => {
    await hearth("daemon", "start");
    expect((await hearth("rpc", "system.ping", "--json")).json()).toMatchObject({ pong: true });
    expect(await hearth("rpc", "agent.lst")).toMatchObject({ code: 2, stderr: expect.stringContaining("agent.list") });
  });

  it("that take too long exit 5", async () => {
    const never = sh("exec sleep 1000", { ready: { output: "never", timeout: "1m" } });
    configure(home, { agents: { never } });
    await hearth("daemon", "start");
    expect(await hearth("start", "never", "--timeout", "100ms")).toMatchObject({ code: 5 });
  });

  it("with a session's token never become the operator's", async () => {
    await hearth("daemon", "start");
    const env = { HEARTH_TOKEN: "not-a-token" };
    expect(await hearthWith({ env }, "daemon", "reload")).toMatchObject({ code: 6 });
    expect(await hearthWith({ env }, "status")).toMatchObject({ code: 6 });
  });
});

describe("the configuration", () => {
  it("is checked, and everything that is wrong is told with its place and what helps", async () => {
    configure(home, "[agents.x]\ncommand = 'true'\ncomand = 'x'\n");
    const wrong = await hearth("config", "check");
    expect(wrong).toMatchObject({ code: 78, stdout: expect.stringContaining("hearth.toml:3:1: agents.x.comand") });
    expect(wrong.stderr).toBe("hint: mend it, then run `hearth config check` again\n");
    configure(home, { agents: { x: sh("true", { cwd: "/nowhere" }) } });
    const startable = await hearth("config", "check");
    expect(startable).toMatchObject({ code: 0, stderr: expect.stringContaining("hearth daemon reload") });
    expect(startable.stdout).toMatch(/\/nowhere does not exist\n {2}make it, or correct cwd\n$/);
    const json = (await hearth("config", "check", "--json")).json();
    expect(json).toMatchObject({ ok: false, starts: true, sessions: ["process"], problems: [{ line: 3 }] });
  });

  it("is named when it is checked, as nobody else tells which one was found, and so is that there is none", async () => {
    expect((await hearth("config", "check")).stderr).toMatch(/^there is no hearth.toml/);
    expect((await hearth("config", "check", "--json")).json()).toMatchObject({ ok: true, file: null });
    configure(home, {});
    const file = join(home, "hearth.toml");
    expect((await hearth("config", "check")).stderr).toBe(`${file} is right\n`);
    expect((await hearth("config", "check", "--json")).json()).toMatchObject({ ok: true, file });
  });

  it("is written once, is right as it is written, and is never replaced", async () => {
    expect(await hearth("init", "--json")).toMatchObject({ code: 0 });
    const text = readFileSync(join(home, "hearth.toml"), "utf8");
    const uncommented = text.replace(/^# (?=\[|[a-z_]+ = )/gm, "").replace(/^env_file.*$/m, "");
    writeFileSync(join(home, "hearth.toml"), uncommented);
    expect(await hearth("config", "check")).toMatchObject({ code: 0 });
    expect(await hearth("init")).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already") });
    expect(readFileSync(join(home, "hearth.toml"), "utf8")).toBe(uncommented);
  });
});
