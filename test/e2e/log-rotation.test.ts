// A log is rotated while its agent writes on: no byte is lost, nobody stays stopped, and the whole stays bounded.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isStopped, processesOf, workedMs } from "../support/processes.js";
import { readIfThere } from "../support/read-if-there.js";

/** What a busy machine did not let be rotated in time is tried again at the next heartbeat. */
const OFTEN = { heartbeat_interval: "1s" } as const;

/** A backup is cut at the end of a line, and a remainder that is no backup of its own goes with the last. */
const LARGEST_BACKUP = 1.25;

/** A log and its backups, the oldest first. */
function filesOf(log: string): string[] {
  const numbers = readdirSync(dirname(log))
    .filter((name) => name.startsWith(`${basename(log)}.`))
    .map((name) => Number(name.slice(basename(log).length + 1)))
    .filter(Number.isInteger)
    .sort((one, other) => other - one);
  return [...numbers.map((number) => join(dirname(log), `${basename(log)}.${number}`)), log];
}

function textOf(log: string): string {
  return filesOf(log).map(readIfThere).join("");
}

/** 0 when it is being renamed just now. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Resolves with the whole text once its last line is there and the last rotation is over. */
async function writtenTo(log: string, { lastLine, maxBytes }: { lastLine: string; maxBytes: number }): Promise<string> {
  const isStill = (): boolean => statSync(log).size <= maxBytes && !existsSync(`${log}.rotating`);
  await eventually(() => textOf(log).endsWith(lastLine) && isStill(), `the line ${lastLine}`);
  return textOf(log);
}

/** Fails, naming the first difference, unless the files together hold the numbers from 1 to `last`, a line each. */
function expectNumbers(log: string, last: number): void {
  const script = 'last=$1; shift; seq 1 "$last" >expected.fifo & cat "$@" | cmp - expected.fifo';
  execFileSync("/bin/bash", ["-c", `mkfifo expected.fifo; ${script}`, "sh", String(last), ...filesOf(log)], {
    cwd: dirname(dirname(log)),
    stdio: "pipe",
  });
}

function stoppedProcesses(home: string): number[] {
  return processesOf(home)
    .map(({ pid }) => pid)
    .filter(isStopped);
}

/** How long the daemon was at work before an answer, at its slowest, until `over` says so; in milliseconds. */
async function slowestAnswer(daemon: TestDaemon, over: () => boolean): Promise<number> {
  let slowest = 0;
  while (!over()) {
    const before = workedMs(daemon.pid);
    await daemon.call("system.ping", {});
    slowest = Math.max(slowest, workedMs(daemon.pid) - before);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return slowest;
}

test("a producer at full speed loses no byte while its log is rotated under it, and the daemon goes on answering", async () => {
  const last = 40_000_000;
  const daemon = await startDaemon({
    config: {
      daemon: { ...OFTEN, log_max_size: "16MB", log_max_files: 100 },
      agents: { a: sh(`seq 1 ${last}; exec sleep 60`) },
    },
  });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const { logFile: log } = await daemon.agent("a");
  const total = execFileSync("/bin/sh", ["-c", `seq 1 ${last} | wc -c`]);
  const written = (): number => filesOf(log).reduce((sum, file) => sum + sizeOf(file), 0);
  // The last rotation comes when nothing is written any more.
  const isOver = (): boolean =>
    sizeOf(log) <= 16_000_000 && !existsSync(`${log}.rotating`) && written() === Number(total);
  const slowest = await slowestAnswer(daemon, isOver);
  expect((await daemon.event("log.rotated", "a")).data).toEqual({ file: log, backup: `${log}.1` });
  expectNumbers(log, last);
  expect(stoppedProcesses(daemon.home)).toEqual([]);
  expect(slowest).toBeLessThan(50);
});

test("a child that left the agent's group and session writes on without a loss, too", async () => {
  const last = 100_000;
  const producer = `i=0; while [ $i -lt ${last} ]; do i=$((i+1)); echo $i; done`;
  const daemon = await startDaemon({
    config: {
      daemon: { ...OFTEN, log_max_size: "50KB", log_max_files: 100 },
      agents: { a: sh(`setsid sh -c '${producer}; exec sleep 60' & exec sleep 60`) },
    },
  });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const { logFile: log } = await daemon.agent("a");
  await daemon.event("log.rotated", "a");
  await writtenTo(log, { lastLine: `\n${last}\n`, maxBytes: 50_000 });
  expectNumbers(log, last);
});

test("what a terminal shows is logged without a loss, too: tmux keeps what comes meanwhile", async () => {
  // Until its log has been rotated while it wrote, however fast the machine is.
  const script =
    'i=0; until [ -e "$HEARTH_HOME/logs/agents/a.log.1" ]; do i=$((i+1)); echo $i; done; echo end; exec sleep 60';
  const daemon = await startDaemon({
    config: {
      daemon: { ...OFTEN, log_max_size: "30KB", log_max_files: 1_000 },
      agents: { a: sh(script, { session: "tmux" }) },
    },
  });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const { logFile: log } = await daemon.agent("a");
  const text = await writtenTo(log, { lastLine: "\nend\r\n", maxBytes: 30_000 });
  const lines = text.split("\r\n").slice(0, -2);
  expect(lines.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
  expect(lines.length).toBeGreaterThan(5_000);
});

test("what a log and its backups hold together stays within the configured limits", async () => {
  const daemon = await startDaemon({
    config: {
      daemon: { ...OFTEN, log_max_size: "4MB", log_max_files: 2 },
      // About 20 MB a second, for as long as it lives.
      agents: { a: sh("while :; do head -c 200000 /dev/zero | tr '\\0' x; echo; sleep 0.01; done") },
    },
  });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const { logFile: log } = await daemon.agent("a");
  for (let rotation = 0; rotation < 3; rotation++) {
    await daemon.event("log.rotated", "a");
    const backups = filesOf(log).filter((file) => file !== log);
    expect(backups.length).toBeLessThanOrEqual(2);
    for (const file of backups) expect(sizeOf(file)).toBeLessThanOrEqual(LARGEST_BACKUP * 4_000_000);
  }
});

test("a log is followed over its rotations without a gap", async () => {
  const last = 300_000;
  const daemon = await startDaemon({
    config: {
      daemon: { ...OFTEN, log_max_size: "500KB", log_max_files: 50 },
      agents: { a: sh(`i=0; while [ $i -lt ${last} ]; do i=$((i+1)); echo $i; done; exec sleep 60`) },
    },
  });
  const reader = await daemon.attach();
  await reader.call("logs.follow", { agent: "a", lines: 0 });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const seen: string[] = [];
  while (seen.length < last) seen.push(...(await reader.lines()));
  expect(seen.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
  await daemon.event("log.rotated", "a");
  reader.close();
});

test("kill -9 of the daemon in the middle of a rotation: nobody stays stopped, and the next one finishes or undoes it", async () => {
  const config = {
    daemon: { ...OFTEN, log_max_size: "100KB", log_max_files: 1000 },
    agents: {
      // Written in bursts, so that there is always something to rotate and the test ends.
      a: sh("i=0; while :; do i=$((i+1)); echo $i; done", { autostart: true }),
    },
  };
  let daemon = await startDaemon({ config });
  const { pid, logFile: log } = await daemon.until("a", ({ ready }) => ready);
  for (let round = 0; round < 5; round++) {
    await daemon.event("log.rotated", "a");
    const intent = (): boolean => existsSync(`${log}.rotating`) || round % 2 === 0;
    await eventually(intent, "a rotation is under way");
    await daemon.kill();
    await eventually(() => stoppedProcesses(daemon.home).length === 0, "everybody was let go");
    daemon = await daemon.startAgain();
    await daemon.until("a", ({ adopted }) => adopted);
  }
  expect(await daemon.agent("a")).toMatchObject({ pid, incarnation: 1, restarts: 0 });
  // A rotation that has just begun shows in no file yet; none outlives the daemon.
  await daemon.stop();
  const numbers = textOf(log).split("\n");
  // The last line may have been cut by the end itself.
  const whole = numbers.slice(0, -1);
  expect(whole.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
  expect(readdirSync(dirname(log)).filter((name) => !/^a\.log(\.\d+)?$/.test(name))).toEqual([]);
});
