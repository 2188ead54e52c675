// The demo keeps its promise: it shows everything, and leaves no process and no file however it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readDescriptor } from "../support/daemon.js";

const demo = resolve(import.meta.dirname, "../../scripts/demo");

/** All that it shows, one thing after the other, on a machine that is busy with more. */
vi.setConfig({ testTimeout: 600_000 });

let scratch: string;

beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "hearth-demo-")));
});

afterEach(() => rmSync(scratch, { recursive: true }));

interface Shown {
  readonly code: number | null;
  readonly lines: readonly string[];
  /** The homes it used, as far as it has named them. */
  readonly homes: readonly string[];
}

/** Runs the demo in a process group of its own, as a terminal does, and lets `onLine` interfere. */
async function show(onLine: (line: string, group: number) => void = () => {}): Promise<Shown> {
  const child = spawn(demo, {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: scratch },
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line, child.pid ?? 0);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, lines, homes: [...new Set(lines.flatMap((line) => /\S+\/\.hearth$/.exec(line) ?? []))] };
}

/** Command lines of processes that carry the directory: in their environment, on their command line, or as an open file. */
function processesAround(directory: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.filter((pid) => carries(pid, directory)).map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`)}`);
}

function carries(pid: string, directory: string): boolean {
  const texts = ["environ", "cmdline"].map((name) => read(`/proc/${pid}/${name}`));
  return [...texts, ...openFiles(pid)].some((text) => text.includes(directory));
}

function openFiles(pid: string): string[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
    unlessGone(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ""),
  );
}

function read(file: string): string {
  return unlessGone(() => readFileSync(file, "utf8"), "");
}

/** A process may end while it is being looked at. */
function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

test("the demo succeeds and leaves nothing", async () => {
  const { code, lines, homes } = await show();
  expect(code).toBe(0);
  expect(homes).toEqual([expect.stringContaining("/gateway/.hearth"), expect.stringContaining("/town/.hearth")]);
  expect(homes.every((home) => home.startsWith(scratch))).toBe(true);
  expect(lines).toContain("   restarts of the gateway: 1");
  expect(lines).toContain("   last exit of the witness: watchdog");
  expect(processesAround(scratch)).toEqual([]);
  expect(readdirSync(scratch)).toEqual([]);
});

test.each([
  ["Ctrl-C while the gateway is shown", "SIGINT", 130, "$ kill -KILL"],
  ["SIGTERM while the town is shown", "SIGTERM", 143, "$ hearth requests mayor"],
] as const)("%s leaves nothing", async (_name, signal, expected, when) => {
  const { code, homes } = await show((line, group) => {
    if (line.startsWith(when)) process.kill(-group, signal);
  });
  expect(code).toBe(expected);
  expect(homes[0]).toContain(scratch);
  expect(processesAround(scratch)).toEqual([]);
  expect(readdirSync(scratch)).toEqual([]);
});

test("Ctrl-C leaves nothing even when no daemon is there to stop the agents and the terminal", async () => {
  const { code } = await show((line, group) => {
    if (!line.startsWith("$ hearth poke clerk")) return;
    process.kill(townDaemon(), "SIGKILL");
    process.kill(-group, "SIGINT");
  });
  expect(code).toBe(130);
  expect(processesAround(scratch)).toEqual([]);
  expect(readdirSync(scratch)).toEqual([]);
});

function townDaemon(): number {
  const [place = ""] = readdirSync(scratch);
  return readDescriptor(join(scratch, place, "town", ".hearth", "daemon.json")).pid;
}
