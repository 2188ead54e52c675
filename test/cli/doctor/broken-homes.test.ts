// The doctor in homes that are really broken: it tells what ails them, changes nothing, and always comes to an end.
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDescriptor } from "../../../protocol/descriptor.js";
import type { Finding } from "../../../src/cli/doctor/finding.js";
import { configure, newHome, readDescriptor, sh, startDaemon } from "../../support/daemon.js";
import { eventually, PATIENCE_MS } from "../../support/deadline.js";
import { isRunning } from "../../support/processes.js";
import { hearth, type RunOptions } from "../hearth.js";

const SLEEPER = sh("exec sleep 1000", { autostart: true });

interface Examined {
  readonly code: number;
  readonly checks: readonly Finding[];
  /** The findings of one check. */
  of(name: Finding["name"]): readonly Finding[];
}

/** Whatever is looked at has the patience of the other waits, unless a test is about that. */
async function doctor(
  home: string,
  { timeout = `${PATIENCE_MS}ms`, ...options }: RunOptions & { readonly timeout?: string } = {},
): Promise<Examined> {
  const argv = ["doctor", "--home", home, "--json", "--timeout", timeout];
  const { code, stderr, json } = await hearth(argv, options);
  const { checks, problems } = json<{ checks: Finding[]; problems: number }>();
  expect(stderr).toBe("");
  expect({ code, problems }).toEqual({
    code: problems === 0 ? 0 : 1,
    problems: checks.filter(({ status }) => status === "problem").length,
  });
  return { code, checks, of: (name) => checks.filter((check) => check.name === name) };
}

/** Everything in a home, with what a change of it would change. */
function contents(home: string): unknown[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).map((name) => {
    const { ino, mode, size, mtimeMs } = lstatSync(join(home, name));
    return { name, ino, mode, size, mtimeMs };
  });
}

/** Kills a daemon whose agents go on, and resolves when it is gone. */
async function crashedHome(): Promise<{ readonly home: string; readonly pid: number }> {
  const daemon = await startDaemon({ config: { agents: { db: SLEEPER } } });
  const { pid } = await daemon.until("db", ({ state }) => state === "running");
  await daemon.kill();
  return { home: daemon.home, pid: pid ?? 0 };
}

describe("the doctor", () => {
  it("finds a daemon well, and what it serves", async () => {
    const daemon = await startDaemon({ config: { agents: { db: SLEEPER } } });
    await daemon.until("db", ({ state }) => state === "running");
    const { of } = await doctor(daemon.home);
    for (const name of [
      "daemon",
      "descriptor",
      "socket",
      "lock",
      "leftovers",
      "sessions",
      "health",
      "agents",
    ] as const) {
      expect(of(name)).toMatchObject([{ name, status: "ok" }]);
    }
    expect(of("daemon")[0]?.seen).toContain(`pid ${daemon.pid}`);
    expect(of("configuration")[0]?.seen).toBe(`${join(daemon.home, "hearth.toml")} is right`);
  });

  it("takes a home that does not exist for one that is made later, and does not make it", async () => {
    const home = join(newHome(), "later");
    const { of } = await doctor(home);
    expect(of("home")).toMatchObject([{ status: "note", seen: expect.stringContaining("does not exist yet") }]);
    expect(of("daemon")).toMatchObject([{ status: "note", advice: `run \`hearth daemon start --home ${home}\`` }]);
    expect(lstatSync(home, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("tells of a daemon that is gone, its agents that live on and what it left, and touches nothing", async () => {
    const { home, pid } = await crashedHome();
    const before = contents(home);
    const { code, of } = await doctor(home);
    expect(code).toBe(1);
    expect(of("daemon")).toMatchObject([{ status: "problem", advice: expect.stringContaining("daemon start") }]);
    expect(of("sessions")).toMatchObject([{ status: "note", seen: expect.stringContaining(`db (pid ${pid})`) }]);
    expect(of("leftovers")).toMatchObject([{ status: "note", seen: expect.stringContaining("daemon.sock") }]);
    expect(of("lock")).toMatchObject([{ status: "ok", seen: expect.stringContaining("gone") }]);
    expect(contents(home)).toEqual(before);
    await (await startDaemon({ home })).stop();
  });

  it("tells a halted daemon without waiting for it, and leaves it halted", async () => {
    const daemon = await startDaemon();
    daemon.signal("SIGSTOP");
    const isHalted = () => / T /.test(readFileSync(`/proc/${daemon.pid}/stat`, "utf8"));
    await eventually(isHalted, "the daemon is halted");
    const { of } = await doctor(daemon.home);
    expect(of("daemon")).toMatchObject([
      { status: "problem", advice: expect.stringContaining(`kill -CONT ${daemon.pid}`) },
    ]);
    expect(isHalted()).toBe(true);
  });

  it("names every agent that has failed, with its log", async () => {
    const daemon = await startDaemon({ config: { agents: { bad: sh("exit 3", { restart: { max_attempts: 0 } }) } } });
    await daemon.call("agent.start", { agent: "bad" });
    await daemon.until("bad", ({ state }) => state === "failed");
    const { code, of } = await doctor(daemon.home);
    expect(code).toBe(1);
    expect(of("agents")).toMatchObject([
      {
        status: "problem",
        seen: "bad has failed: exited with code 3",
        advice: expect.stringContaining("hearth logs bad"),
      },
    ]);
  });

  it.each([
    ["half of it", '{"version": 1, "pi', "in the middle"],
    ["of a newer hearthd", '{"version": 2}', "newer"],
    ["nothing", "", "empty"],
  ])("tells a descriptor that is %s", async (_, text, why) => {
    const home = newHome();
    writeFileSync(join(home, "daemon.json"), text, { mode: 0o600 });
    const { of } = await doctor(home);
    expect(of("descriptor")).toMatchObject([{ status: "problem", seen: expect.stringContaining(why) }]);
  });

  it("sees that the descriptor is another instance's than the daemon that answers", async () => {
    const daemon = await startDaemon();
    const file = join(daemon.home, "daemon.json");
    writeFileSync(file, formatDescriptor({ ...readDescriptor(file), instanceId: "another" }));
    const { of } = await doctor(daemon.home);
    expect(of("descriptor")).toMatchObject([{ status: "problem", advice: expect.stringContaining(`rm ${file}`) }]);
  });

  it("tells of a socket's place that is taken, and of a lock that names nobody", async () => {
    const home = newHome();
    mkdirSync(join(home, "run"), { mode: 0o700 });
    writeFileSync(join(home, "run", "lock.3"), "?");
    writeFileSync(join(home, "daemon.sock"), "mine", { mode: 0o600 });
    const { of } = await doctor(home);
    expect(of("socket")).toMatchObject([{ status: "problem", seen: expect.stringContaining("is no socket") }]);
    expect(of("lock")).toMatchObject([{ status: "note", seen: expect.stringContaining("lock.3") }]);
  });

  it("tells a descriptor that others can read", async () => {
    const daemon = await startDaemon();
    const file = join(daemon.home, "daemon.json");
    chmodSync(file, 0o644);
    expect((await doctor(daemon.home)).of("files")).toMatchObject([
      { status: "problem", advice: `run \`chmod 600 ${file}\`` },
    ]);
  });

  it("has the configuration checked, and hands on every problem with its place", async () => {
    const home = newHome();
    configure(home, "[agents.a]\ncommand = 'true'\ncomand = 'x'\n[agents.b]\ncommand = 'true'\ncwd = '/nowhere'\n");
    const { of } = await doctor(home);
    expect(of("configuration")).toMatchObject([
      { status: "problem", seen: expect.stringContaining("hearth.toml:3:1: agents.a.comand") },
    ]);
  });

  it("needs tmux only for agents that do", async () => {
    const env = { PATH: newHome() };
    const home = newHome();
    configure(home, { agents: { db: SLEEPER } });
    expect((await doctor(home, { env })).of("tmux")).toMatchObject([{ status: "note" }]);
    configure(home, { agents: { db: { ...SLEEPER, session: "tmux" } } });
    expect((await doctor(home, { env })).of("tmux")).toMatchObject([{ status: "problem" }]);
  });

  it("waits for no program longer than it is told, and ends what it started", async () => {
    const directory = newHome();
    const pids = join(directory, "pids");
    writeFileSync(join(directory, "tmux"), `#!/bin/sh\n/bin/sleep 1000 & echo $$ $! >${pids}; wait\n`, { mode: 0o755 });
    const { of } = await doctor(newHome(), { timeout: "2s", env: { PATH: directory } });
    expect(of("tmux")).toMatchObject([{ seen: expect.stringContaining("tmux did not end within 2 s") }]);
    for (const pid of readFileSync(pids, "utf8").trim().split(" ")) {
      await eventually(() => !isRunning(Number(pid)), `process ${pid} of the program is gone`);
    }
  });

  it("waits for no pipe that lies where a file should be", async () => {
    const home = newHome();
    mkdirSync(join(home, "run"), { mode: 0o700 });
    const pipes = [join(home, "daemon.json"), join(home, "run", "lock.1"), join(home, "pipe.env")];
    execFileSync("mkfifo", ["-m", "600", ...pipes]);
    configure(home, { agents: { db: { ...SLEEPER, env_file: "pipe.env" } } });
    const { of } = await doctor(home, { timeout: "2s" });
    expect(of("descriptor")).toMatchObject([{ status: "problem", seen: expect.stringContaining("it is not a file") }]);
    expect(of("lock")).toMatchObject([{ seen: expect.stringContaining("it is not a file") }]);
    expect(of("configuration")).toMatchObject([
      { status: "problem", seen: expect.stringContaining("it is not a regular file") },
    ]);
  });

  it("says the same to people as to scripts", async () => {
    const { home } = await startDaemon();
    const [{ checks }, { stdout }] = [await doctor(home), await hearth(["doctor", "--home", home], { columns: 80 })];
    for (const { name } of checks) expect(stdout).toContain(` ${name} `);
    expect(stdout).toMatch(/Nothing is wrong\.|\d+ problems?\./);
  });
});
