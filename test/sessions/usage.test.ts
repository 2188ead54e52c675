import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ProcessTable } from "../../src/sessions/process-table.js";
import { scanProcesses } from "../../src/sessions/scanner.js";
import { UsageReader, type UsageSources, type UsageSubject } from "../../src/sessions/usage.js";
import { eventually } from "../support/deadline.js";
import { Sandbox, type Started, until } from "./sandbox.js";

const AGENT = "town/mayor";

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sandbox.dispose();
});

function subjectOf({ session, incarnation }: Started): UsageSubject {
  return { owner: { home: sandbox.home, agent: AGENT, incarnation }, leader: session.ref.identity };
}

/** A reader for which a second has passed whenever it is asked. */
function impatient(subjects: readonly UsageSubject[], sources: Partial<UsageSources> = {}): UsageReader {
  let now = 0;
  return new UsageReader({ sessions: () => subjects, now: () => (now += 1_000), ...sources });
}

async function end({ session, told }: Started): Promise<void> {
  session.kill();
  await told.isOver();
}

function residentBytes(pid: number): number {
  const kiB = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kiB) * 1024;
}

it("adds up every process of a session, also one that left its group and its parent", async () => {
  const orphan = "(setsid sh -c 'echo orphan=$$; exec sleep 60' &)";
  const started = await sandbox.run(`${orphan}; sleep 60 & echo child=$!; exec sleep 60`);
  const others = [await sandbox.pidOf("orphan"), await sandbox.pidOf("child")];
  const pids = [started.session.ref.identity.pid, ...others];
  // A program that is still being loaded takes more memory with every look.
  const areAsleep = () => pids.every((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").includes("(sleep) S"));
  await until(areAsleep, "all of them sleep");
  const reader = impatient([subjectOf(started)]);
  const residentOfAll = () => pids.map(residentBytes).reduce((sum, bytes) => sum + bytes);
  const { usage, memoryBytes } = await eventually(async () => {
    const memoryBytes = residentOfAll();
    const usage = (await reader.read()).of({ agent: AGENT, incarnation: started.incarnation });
    // A machine that is short of memory takes pages from those who sleep.
    return residentOfAll() === memoryBytes ? { usage, memoryBytes } : null;
  }, "their memory to stay the same during a look");
  expect(usage).toEqual({ cpuPercent: expect.any(Number), memoryBytes, processes: 3 });
  await end(started);
});

it("tells one that is busy from one that sleeps", async () => {
  const [busy, idle] = [await sandbox.run("while :; do :; done"), await sandbox.run("exec sleep 60")];
  const reader = impatient([subjectOf(busy), subjectOf(idle)]);
  const cpuOf = async ({ incarnation }: Started) =>
    (await reader.read()).of({ agent: AGENT, incarnation })?.cpuPercent ?? 0;
  let seen = { busy: 0, idle: 0 };
  while (seen.busy <= 10 * seen.idle) seen = { busy: await cpuOf(busy), idle: await cpuOf(idle) };
  expect(seen.busy).toBeGreaterThan(0);
  await Promise.all([end(busy), end(idle)]);
});

it("without ps there is no telling the processor's time, but the rest is told", async () => {
  const started = await sandbox.run("exec sleep 60");
  vi.stubEnv("PATH", sandbox.home);
  const usage = (await impatient([subjectOf(started)]).read()).of({ agent: AGENT, incarnation: started.incarnation });
  expect(usage).toEqual({ cpuPercent: null, memoryBytes: expect.any(Number), processes: 1 });
  vi.unstubAllEnvs();
  await end(started);
});

it("tells nothing of a session that has ended, or of another incarnation", async () => {
  const started = await sandbox.run("exec sleep 60");
  const { incarnation } = started;
  const reader = impatient([subjectOf(started)]);
  expect((await reader.read()).of({ agent: AGENT, incarnation: incarnation + 1 })).toBeNull();
  await end(started);
  expect((await reader.read()).of({ agent: AGENT, incarnation })).toBeNull();
});

it("shares one look among all who ask within a second, and looks again for who asks later", async () => {
  let [looks, now] = [0, 0];
  const scan = (bornSince: number) => {
    looks++;
    return scanProcesses(bornSince);
  };
  const leader = { pid: process.pid, start: "1", boot: "", init: "" };
  const subject = { owner: { home: "/h", agent: AGENT, incarnation: 1 }, leader };
  const reader = new UsageReader({ sessions: () => [subject], now: () => now, scan });
  await Promise.all([reader.read(), reader.read()]);
  now = 999;
  await reader.read();
  expect(looks).toBe(1);
  now = 1_000;
  await reader.read();
  expect(looks).toBe(2);
});

it("knows nothing while the daemon is out of descriptors, and everything afterwards", async () => {
  const started = await sandbox.run("exec sleep 60");
  let isExhausted = true;
  const scan = (bornSince: number) => {
    if (isExhausted) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    return scanProcesses(bornSince);
  };
  const reader = impatient([subjectOf(started)], { scan });
  const session = { agent: AGENT, incarnation: started.incarnation };
  expect((await reader.read()).of(session)).toBeNull();
  isExhausted = false;
  expect((await reader.read()).of(session)).not.toBeNull();
  await end(started);
});

it("looks at nothing while no session lives", async () => {
  const table = new ProcessTable(new Map(), { ownerKeys: new Map(), hasGroup: null, isComplete: true });
  const scan = vi.fn(() => table);
  const figures = vi.fn();
  await impatient([], { scan, figures }).read();
  expect([scan, figures].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
});
