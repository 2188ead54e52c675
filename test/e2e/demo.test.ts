// The demo keeps its promise: it shows everything, and leaves no process and no file however it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processesOf } from "../support/processes.js";

const demo = resolve(import.meta.dirname, "../../scripts/demo");

let scratch: string;

beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "hearth-demo-")));
});

afterEach(() => rmSync(scratch, { recursive: true }));

interface Shown {
  readonly code: number | null;
  readonly lines: readonly string[];
  /** The home it used, once it has named it. */
  readonly home: string;
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
  const home = lines.flatMap((line) => /\S+\/\.hearth$/.exec(line) ?? []).at(0) ?? "";
  return { code, lines, home };
}

test("the demo succeeds and leaves nothing", async () => {
  const { code, lines, home } = await show();
  expect(code).toBe(0);
  expect(home).toContain(scratch);
  expect(lines).toContain("   restarts of the gateway: 1");
  expect(processesOf(home)).toEqual([]);
  expect(readdirSync(scratch)).toEqual([]);
});

test.each([
  ["Ctrl-C", "SIGINT", 130],
  ["SIGTERM", "SIGTERM", 143],
] as const)("%s in the middle of the demo leaves nothing", async (_name, signal, expected) => {
  const { code, home } = await show((line, group) => {
    if (line.startsWith("$ kill -KILL")) process.kill(-group, signal);
  });
  expect(code).toBe(expected);
  expect(home).toContain(scratch);
  expect(processesOf(home)).toEqual([]);
  expect(readdirSync(scratch)).toEqual([]);
});
