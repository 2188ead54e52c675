import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import { readIdentity } from "../../src/sessions/identity.js";
import { readMotion } from "../../src/sessions/motion.js";
import type { ProcessIdentity } from "../../src/sessions/session.js";
import { bundled } from "./fixtures/bundle.js";
import { statesOf } from "./rotation.js";
import { until } from "./sandbox.js";

const producer = bundled("producer");

const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

async function start(program: string, ...args: string[]): Promise<ProcessIdentity> {
  const child = spawn(program, args, { stdio: "ignore" });
  started.push(child);
  const identity = await readIdentity(child.pid ?? 0);
  if (identity === null) throw new Error(`${program} did not start`);
  return identity;
}

async function stop(identity: ProcessIdentity): Promise<void> {
  process.kill(identity.pid, "SIGSTOP");
  while ((await readMotion(identity)) !== "stopped") await new Promise((resolve) => setImmediate(resolve));
}

it("a process is stopped when its last thread is, not when its first one is", async () => {
  const threads = 16;
  const identity = await start(process.execPath, producer(), String(threads));
  await until(() => statesOf(identity.pid).length >= threads, "the threads");
  for (let round = 0; round < 20; round++) {
    await stop(identity);
    expect(statesOf(identity.pid)).toMatch(/^T+$/);
    process.kill(identity.pid, "SIGCONT");
    await new Promise((resolve) => setImmediate(resolve));
  }
});

it("a process that was continued runs", async () => {
  const identity = await start("sleep", "60");
  await stop(identity);
  process.kill(identity.pid, "SIGCONT");
  await until(() => readMotion(identity) === "runs", "it to run");
});

it("a process that has ended, or whose PID is somebody else's, is gone", async () => {
  const identity = await start("sleep", "60");
  const other = { ...identity, start: String(Number(identity.start) + 1) };
  expect([await readMotion(identity), await readMotion(other)]).toEqual(["runs", "gone"]);
  process.kill(identity.pid, "SIGKILL");
  await until(() => readMotion(identity) === "gone", "its end");
});
