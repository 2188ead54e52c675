import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { discover } from "../../src/client/discover.js";
import { endDaemon } from "../../src/client/end.js";
import { launch } from "../../src/client/launch.js";
import { daemonEnvironment } from "../../src/client/program.js";
import { HEARTHD, newHome } from "../support/daemon.js";
import { eventually, PATIENCE_MS, within } from "../support/deadline.js";
import { environmentOf, isRunning } from "../support/processes.js";

let home: string;

beforeEach(() => {
  home = newHome();
});

/** A stand-in for what hearthd cannot be made to do at a certain moment. */
function fake(code: string): string {
  const file = join(home, "fake.cjs");
  writeFileSync(file, `const fs = require("node:fs"); const home = ${JSON.stringify(home)};\n${code}`);
  return file;
}

function start(program: string, { timeoutMs = PATIENCE_MS, env = process.env } = {}) {
  return launch({ whereabouts: discover({ home, env: {} }), program, timeoutMs, env });
}

function readOrNothing(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function stop() {
  return endDaemon({ whereabouts: discover({ home, env: {} }), keepAgents: false, timeoutMs: PATIENCE_MS });
}

describe("launching", () => {
  it("returns when the daemon answers, without anything of the session it was called from", async () => {
    const session = {
      HEARTH_TOKEN: "t",
      HEARTH_AGENT: "a",
      HEARTH_INCARNATION: "1",
      HEARTH_SOCKET: "/s",
      OTHER: "kept",
    };
    const { found, alreadyRunning } = await start(HEARTHD, { env: { ...process.env, ...session } });
    expect({ state: found.state, alreadyRunning }).toEqual({ state: "running", alreadyRunning: false });
    const environment = environmentOf(found.descriptor?.pid ?? 0);
    expect(Object.keys(environment).filter((name) => Object.keys(session).includes(name))).toEqual(["OTHER"]);
    expect(environment.HEARTH_HOME).toBe(home);
    await stop();
  });

  it("a dozen times at once gives one daemon, and everybody its pid", async () => {
    const launched = await Promise.all(Array.from({ length: 12 }, () => start(HEARTHD)));
    const pids = new Set(launched.map(({ found }) => found.descriptor?.pid));
    await stop();
    expect(pids.size).toBe(1);
    expect(launched.filter(({ alreadyRunning }) => !alreadyRunning)).toHaveLength(1);
  });

  it("tells why hearthd refused: 78 is the configuration's fault", async () => {
    const refused = start(fake(`console.error("hearth.toml:1:1: wrong"); process.exitCode = 78;`));
    await expect(refused).rejects.toMatchObject({ kind: "bad-config", message: "hearth.toml:1:1: wrong" });
  });

  it.each([
    ["process.exitCode = 1", "exited with code 1"],
    ["process.kill(process.pid, 'SIGKILL')", "killed by SIGKILL"],
    ["console.error('no room'); process.exitCode = 1", "no room"],
  ])("tells how hearthd ended: %s", async (code, words) => {
    await expect(start(fake(code))).rejects.toMatchObject({
      kind: "launch-failed",
      message: expect.stringContaining(words),
    });
  });

  it("gives up in time", async () => {
    const file = fake(`fs.writeFileSync(home + "/pid", String(process.pid)); setInterval(() => {}, 1000);`);
    await expect(start(file, { timeoutMs: 500 })).rejects.toMatchObject({ kind: "launch-timed-out" });
    const pid = Number(await eventually(() => readOrNothing(join(home, "pid")), "the silent daemon runs"));
    process.kill(pid);
    await eventually(() => !isRunning(pid), "the silent daemon is gone");
  });

  it("stops waiting when it is called off; the daemon that it began to start goes on", async () => {
    const file = fake(`fs.writeFileSync(home + "/pid", String(process.pid)); setInterval(() => {}, 1000);`);
    const impatience = new AbortController();
    const { signal } = impatience;
    const whereabouts = discover({ home, env: {} });
    const refused = expect(launch({ whereabouts, program: file, timeoutMs: PATIENCE_MS, signal })).rejects;
    const pid = Number(await eventually(() => readOrNothing(join(home, "pid")), "the silent daemon runs"));
    impatience.abort();
    await refused.toMatchObject({ kind: "cancelled" });
    expect(isRunning(pid)).toBe(true);
    process.kill(pid);
    await eventually(() => !isRunning(pid), "the silent daemon is gone");
  });

  it("begins again when the daemon it yielded to died before it answered", async () => {
    const booting = spawn("sleep", ["1000"]);
    const dead = once(booting, "exit");
    const yielding = fake(`
      if (!fs.existsSync(home + "/yielded")) {
        fs.writeFileSync(home + "/yielded", "");
        process.on("exit", () => process.kill(${booting.pid}));
        console.error("held");
        console.error(JSON.stringify({ held: { pid: ${booting.pid}, socketPath: home + "/s.sock" } }));
        process.exitCode = 78;
      } else require(${JSON.stringify(HEARTHD)});
    `);
    const { found, alreadyRunning } = await start(yielding);
    await within(dead, () => "the other daemon is dead");
    expect({ state: found.state, alreadyRunning }).toEqual({ state: "running", alreadyRunning: false });
    await stop();
  });

  it("refuses a home that is found where others can write, before anything runs", async () => {
    const project = join(home, "open", "project");
    mkdirSync(project, { recursive: true });
    const whereabouts = {
      ...discover({ home, env: {} }),
      location: { home: join(project, ".hearth"), origin: "project" as const },
    };
    writeFileSync(join(project, "hearth.toml"), "", { mode: 0o666 });
    chmodSync(join(project, "hearth.toml"), 0o666);
    const refused = launch({
      whereabouts,
      program: fake("fs.writeFileSync(home + '/ran', '')"),
      timeoutMs: PATIENCE_MS,
    });
    await expect(refused).rejects.toMatchObject({ kind: "writable-by-others" });
    expect(existsSync(join(home, "ran"))).toBe(false);
  });
});

describe("the daemon's environment", () => {
  it("carries the caller's limit of open files, where it can be read", () => {
    expect(daemonEnvironment({}, "/h", process.pid).HEARTHD_NOFILE).toMatch(/^\d+$/);
    expect(daemonEnvironment({}, "/h", 0)).toEqual({ HEARTH_HOME: "/h" });
  });
});
