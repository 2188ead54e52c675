// The soak's short form: agents, operator and a killer at once, a few rounds of it; scripts/soak goes on for minutes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { eventually, within } from "../support/deadline.js";
import { environmentOf } from "../support/processes.js";

const program = resolve(import.meta.dirname, "../../scripts/soaking/main.mjs");
const ROUNDS = 5;
/** Half a minute on two idle cores; a machine that is busy with other tests takes longer. */
const TIMEOUT_MS = 240_000;

interface Running {
  readonly child: ChildProcess;
  /** Where it happens. */
  readonly directory: string;
  /** Everything it has printed. */
  readonly lines: readonly string[];
  readonly ended: Promise<number | null>;
}

/** Starts a soak in a process group of its own, as a terminal does. */
async function soak(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [program, ...args], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  const ended = once(child, "close").then(([code]) => code as number | null);
  await eventually(() => lines.length > 0, "the soak tells its seed");
  return { child, directory: lines[0]?.split(" in ")[1] ?? "", lines, ended };
}

function processesIn(directory: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(Number(pid)).SOAK_PLACE === directory);
}

test("no promise is broken while everything goes wrong", { timeout: TIMEOUT_MS }, async () => {
  const { HEARTH_SOAK_SEED } = process.env;
  const seed = HEARTH_SOAK_SEED === undefined ? [] : ["--seed", HEARTH_SOAK_SEED];
  const { ended, lines, directory } = await soak("--rounds", String(ROUNDS), ...seed);
  console.info(`${lines[0]}; HEARTH_SOAK_SEED repeats it`);
  expect(await ended, lines.join("\n")).toBe(0);
  expect(lines.filter((line) => line.startsWith("round "))).toHaveLength(ROUNDS);
  expect([existsSync(directory), processesIn(directory)]).toEqual([false, []]);
});

test("Ctrl-C in the midst of it leaves nothing", async () => {
  const { child, ended, directory } = await soak("--minutes", "1");
  await eventually(() => existsSync(join(directory, "home", "daemon.json")), "there is a daemon");
  process.kill(-(child.pid ?? 0), "SIGINT");
  expect(await within(ended, () => "the soak ends")).toBe(130);
  expect([existsSync(directory), processesIn(directory)]).toEqual([false, []]);
});
