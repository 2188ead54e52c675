// A full disk under the home, a real one: a small tmpfs. Nothing that was acknowledged is lost, agents go on, and it passes.
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { HearthToml } from "../../protocol/definition.js";
import { runDaemon, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning, kill } from "../support/processes.js";

const SIZE = "2m";
const FILES = 200;
const READER = 'while IFS= read -r line; do echo "got $line"; done';

let home = "";
let daemon: TestDaemon | null = null;

// The disk can only be taken away once the daemon is gone.
afterEach(async () => {
  await Promise.race([daemon?.ended, daemon?.stop()]);
  daemon = null;
  execFileSync("umount", [home]);
  rmSync(home, { recursive: true });
});

function smallDisk(): string {
  home = realpathSync(mkdtempSync(join(tmpdir(), "hearth-disk-")));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},nr_inodes=${FILES},mode=700`, "tmpfs", home]);
  return home;
}

/** Takes all the space there is. */
function fill(): void {
  const ballast = openSync(join(home, "ballast"), "a");
  for (let size = 1 << 16; size >= 1; ) {
    try {
      if (writeSync(ballast, Buffer.alloc(size)) < size) size >>= 1;
    } catch {
      size >>= 1;
    }
  }
  closeSync(ballast);
}

/** Takes all the files there can be, though there is space. Returns what gives them back. */
function fillWithFiles(): () => void {
  const made: string[] = [];
  try {
    for (;;) {
      const file = join(home, `ballast-${made.length}`);
      writeFileSync(file, "");
      made.push(file);
    }
  } catch {
    return () => {
      for (const file of made) rmSync(file);
    };
  }
}

function makeRoom(): void {
  rmSync(join(home, "ballast"));
}

async function start(config: HearthToml): Promise<TestDaemon> {
  daemon = await startDaemon({ home: smallDisk(), config });
  for (const name of Object.keys(config.agents ?? {})) {
    if (config.agents?.[name]?.autostart) await daemon.until(name, ({ ready }) => ready);
  }
  return daemon;
}

interface Answered {
  readonly id: string | null;
  readonly code: number | null;
}

async function request(running: TestDaemon, key: string): Promise<Answered> {
  const params = { agent: "idle", action: "shutdown", key };
  const { result, error } = await running.wire.ask("lifecycle.request", params);
  const id = (result as { request: { id: string } } | undefined)?.request.id ?? null;
  return { id, code: error?.code ?? null };
}

/** What is left of the last block takes some more before the disk refuses. */
async function requestUntilRefused(running: TestDaemon): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (let count = 0; count < 1_000; count++) {
    const { id, code } = await request(running, `early-${count}`);
    if (id === null) {
      expect(code).toBe(-32007);
      return accepted;
    }
    accepted.push(id);
    fill();
  }
  throw new Error("the disk is never full");
}

const AGENTS = {
  reader: sh(READER, { autostart: true, heartbeat: { poke: "session", interval: "1h" } }),
  looping: sh("exec sleep 60", { autostart: true, restart: { backoff: "100ms", max_attempts: 1, jitter: 0 } }),
  idle: sh("exec sleep 60"),
};

const isRoot = process.getuid?.() === 0;

test.runIf(isRoot)("a full disk refuses requests, harms no agent, is told of, and passes", async () => {
  const running = await start({ agents: AGENTS });
  const { pid, logFile } = await running.agent("reader");
  await running.call("agent.poke", { agent: "reader", message: "before" });
  await eventually(() => readFileSync(logFile, "utf8").includes("before"), "the first poke");
  fill();
  const accepted = await requestUntilRefused(running);

  const reasons = ["the home cannot be written to"];
  expect((await running.event("daemon.degraded")).data).toEqual({ reasons });
  expect((await running.call("daemon.status", {})).health).toEqual({ status: "degraded", reasons });
  expect(await request(running, "refused")).toEqual({ id: null, code: -32007 });
  expect(await running.call("agent.poke", { agent: "reader", message: "x" })).toMatchObject({ delivered: true });
  expect(await running.agent("reader")).toMatchObject({ pid, state: "running", incarnation: 1 });
  await running.call("agent.stop", { agent: "idle" });

  makeRoom();
  await running.event("daemon.recovered");
  expect((await running.call("daemon.status", {})).health).toEqual({ status: "ok", reasons: [] });
  const { id } = await request(running, "accepted");
  await running.kill();
  daemon = await running.startAgain();
  const { requests } = await daemon.call("lifecycle.list", {});
  const known = new Set(requests.map((request) => request.id));
  expect([...accepted, id].filter((each) => !known.has(each ?? ""))).toEqual([]);
  expect(await daemon.until("reader", ({ adopted }) => adopted)).toMatchObject({ pid, incarnation: 1, restarts: 0 });
});

test.runIf(isRoot)("an agent that crashes while the disk is full runs again once there is space", async () => {
  const running = await start({ agents: AGENTS });
  fill();
  await requestUntilRefused(running);
  const { pid } = await running.agent("looping");
  kill(pid);
  const { at } = await running.event("agent.backoff", "looping");
  expect(isRunning(pid ?? 0)).toBe(false);
  // The 100 ms have passed, and it is put off again and again.
  await eventually(async () => (await waitsUntil(running, "looping")) > Date.parse(at) + 2_500, "a later try");
  makeRoom();
  await running.event("daemon.recovered");
  // Only the crash has counted: another failure would have been a crash loop.
  expect(await running.until("looping", ({ ready }) => ready)).toMatchObject({
    incarnation: 2,
    restarts: 1,
    recentFailures: 1,
  });
});

async function waitsUntil(running: TestDaemon, agent: string): Promise<number> {
  return Date.parse((await running.agent(agent)).backoffUntil ?? "");
}

test.runIf(isRoot)("an agent that is started while the disk is full says why it waits, and then runs", async () => {
  const running = await start({ agents: { ...AGENTS, late: sh("exec sleep 60") } });
  fill();
  await requestUntilRefused(running);
  await running.call("agent.start", { agent: "late", wait: false });
  const waiting = await running.until("late", ({ state }) => state === "backoff");
  expect(waiting).toMatchObject({ wanted: "up", incarnation: 0, recentFailures: 0, pid: null });
  expect(waiting.lastExit?.reason).toMatch(/disk|ENOSPC/);
  makeRoom();
  expect(await running.until("late", ({ ready }) => ready)).toMatchObject({ incarnation: 1, restarts: 0 });
});

test.runIf(isRoot)("an agent whose log has no room for another file waits for it, and has not failed", async () => {
  const never = { policy: "never" } as const;
  const running = await start({ agents: { idle: sh("exec sleep 60", { restart: never }) } });
  const giveBack = fillWithFiles();
  await running.call("agent.start", { agent: "idle", wait: false });
  for (let time = 1; time <= 2; time++) await running.event("agent.backoff", "idle");
  expect((await running.agent("idle")).lastExit?.reason).toMatch(/ENOSPC/);
  giveBack();
  expect(await running.until("idle", ({ ready }) => ready)).toMatchObject({ incarnation: 1, recentFailures: 0 });
});

test.runIf(isRoot)("the daemon's own log goes on once there is space, and says that something is missing", async () => {
  const running = await start({ agents: AGENTS });
  const line = async (): Promise<void> => {
    await running.call("daemon.reload", {});
  };
  await line();
  fill();
  await requestUntilRefused(running);
  const size = (): number => readFileSync(running.path("logs", "daemon.log")).length;
  // Until a whole block of lines did not get there.
  for (let before = -1; before !== size(); ) {
    before = size();
    for (let count = 0; count < 40; count++) await line();
  }
  makeRoom();
  const text = "entries are missing before this one";
  await eventually(() => readFileSync(running.path("logs", "daemon.log"), "utf8").includes(text), text);
  await running.logs("the configuration was read again", () => void line());
});

test.runIf(isRoot)(
  "a daemon that starts on a full disk says so and ends; with space it starts and takes its agents over",
  async () => {
    const running = await start({ agents: AGENTS });
    const { pid } = await running.agent("reader");
    await running.kill();
    daemon = null;
    fill();
    const { code, stderr } = await runDaemon({ home });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ENOSPC|no space left/)]);
    makeRoom();
    daemon = await running.startAgain();
    expect(await daemon.until("reader", ({ adopted }) => adopted)).toMatchObject({ pid, incarnation: 1 });
  },
);
