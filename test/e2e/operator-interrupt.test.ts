// Ctrl-C at any moment of any command that takes its time: terminal, daemon and agents are well afterwards.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hearth } from "../cli/hearth.js";
import { configure, newHome, sh } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { processesOf } from "../support/processes.js";
import { RealTerminal } from "../support/terminal.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");

const NAMES = Array.from({ length: 20 }, (_, index) => `a${index}`);

/** Command lines that can be called again and again, in any order. */
const LINES = [
  ...[
    "start --all",
    "stop --all",
    "restart **",
    "start a1",
    "cycle a1 --wait",
    "stop a1 --wait",
    "run --name job -- sleep 1000",
  ],
  ...[
    "status",
    "logs -f",
    "events -f",
    "doctor",
    "config check",
    "service install --print",
    "requests",
    "init --home new",
  ],
  ...[
    "daemon start",
    "daemon restart",
    "daemon reload",
    "daemon stop --keep-agents",
    "daemon stop",
    "daemon logs -f",
    "mcp",
  ],
];

/** Milliseconds of which most commands have done their work. */
const MOMENT = fc.integer({ min: 0, max: 400 });

/** A project, and the home in it. */
interface Place {
  readonly directory: string;
  readonly home: string;
}

/** A home whose daemon is started by commands, in a project of its own; ended when `use` is done. */
async function inProject(use: (place: Place) => Promise<void>) {
  const directory = newHome();
  const home = join(directory, ".hearth");
  mkdirSync(home, { mode: 0o700 });
  configure(home, { agents: Object.fromEntries(NAMES.map((name) => [name, sh("exec sleep 1000")])) });
  const ask = (...argv: string[]) => hearth(argv, { cwd: directory, env: { HEARTH_HOME: home } });
  try {
    await use({ directory, home });
  } finally {
    await ask("daemon", "start");
    expect((await ask("daemon", "stop")).code).toBe(0);
  }
}

/** Runs the program and interrupts it; how it ended. */
async function interrupted(words: string, afterMs: number, place: Place) {
  const child = spawn(process.execPath, [HEARTH, ...words.split(" ")], {
    cwd: place.directory,
    env: { ...process.env, HEARTH_HOME: place.home, XDG_CONFIG_HOME: place.directory },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let stderr = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await Promise.race([delay(afterMs), ended]);
  child.kill("SIGINT");
  const [code, signal] = await within(ended, () => `hearth ${words} ends by SIGINT after ${afterMs} ms`);
  return { words, code: code as number | null, signal: signal as string | null, stderr };
}

/** What a command may leave behind half done: agents twice, states that never end, temporary files. */
async function assertWell({ directory, home }: Place): Promise<void> {
  const ask = (...argv: string[]) => hearth(argv, { cwd: directory, env: { HEARTH_HOME: home } });
  let seen: unknown;
  const look = async (): Promise<boolean> => {
    // A daemon that was asked to stop may answer for the last time here.
    const { code, stderr } = await ask("daemon", "start");
    const told = code === 0 ? await ask("status", "--json") : null;
    seen = { code, stderr, told };
    if (told?.code !== 0) return false;
    const { daemon, agents } = told.json<{ daemon: { pid: number }; agents: Agent[] }>();
    const isSettled = agents.every(({ state, ready }) => state === "stopped" || (state === "running" && ready));
    const known = [daemon, ...agents].flatMap(({ pid }) => (pid === null ? [] : [pid])).sort();
    const alive = processesOf(home);
    seen = { agents, known, alive };
    return isSettled && `${alive.map(({ pid }) => pid).sort()}` === `${known}`;
  };
  await eventually(look, "each agent is up or down, and nothing else runs").catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
  });
  // A daemon that ends, or begins, is writing its own just now: what nobody writes any more would stay.
  const halves = () =>
    readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => /\.(?:tmp|new|part)/.test(file));
  await eventually(() => halves().length === 0, "no file is left half written").catch((error: Error) => {
    throw new Error(`${error.message}: ${halves()}`);
  });
}

/**
 * Resolves once a shell carries out what is typed. One that had its prompt before Ctrl-C, since the command was done, may
 * hear of both that and a line behind it when its turn comes: then it has lost the line.
 */
async function takesLines(terminal: RealTerminal, number: number): Promise<void> {
  let looks = 0;
  const hears = (): boolean => {
    // Not each time, or a slow shell would have more to read than a terminal holds.
    if (looks++ % 50 === 0) terminal.run(`echo heard-$((${number}))`);
    return terminal.text.includes(`heard-${number}`);
  };
  await eventually(hears, "the shell takes lines again");
}

interface Agent {
  readonly agent: string;
  readonly state: string;
  readonly ready: boolean;
  readonly pid: number | null;
}

describe("Ctrl-C", () => {
  test("ends every command, and leaves daemon and agents as if it had been called off or had been done", async () => {
    await inProject(async (place) => {
      const cases = fc.tuple(
        fc.shuffledSubarray(LINES, { minLength: 4, maxLength: 4 }),
        fc.array(MOMENT, { minLength: 4, maxLength: 4 }),
      );
      const property = fc.asyncProperty(cases, async ([lines, moments]) => {
        for (const [index, words] of lines.entries()) {
          const { code, signal, stderr } = await interrupted(words, moments[index] ?? 0, place);
          // Before its first line of code Node is ended by the signal itself.
          const isCalledOff = code === 130 || signal === "SIGINT";
          const isDone = code !== null && [0, 1, 2, 3, 4, 5].includes(code);
          expect({ words, code, signal, stderr, ok: isCalledOff || isDone }).toMatchObject({ ok: true });
          expect(stderr).not.toMatch(/^ +at /m);
        }
        await assertWell(place);
      });
      await fc.assert(property, { numRuns: 5, endOnFailure: true });
    });
  });

  test("gives a terminal back as it was", async () => {
    await inProject(async ({ directory, home }) => {
      const env = { HEARTH_HOME: home };
      const terminal = new RealTerminal({ columns: 20, rows: 24, env });
      terminal.run(`cd ${directory}; clear; echo here`);
      await terminal.shows(/^here$/m);
      const before = terminal.modes;
      const lines = ["start --all", "restart '**' --wait", "status --watch", "top", "logs -f", "stop --all"];
      for (const [index, words] of lines.entries()) {
        const [afterMs = 0] = fc.sample(MOMENT, 1);
        // Each has a number, which the terminal shows of no line that is typed, nor of an earlier one.
        terminal.run(`clear; echo begun-$((${index}+10)); ${process.execPath} ${HEARTH} ${words}`);
        const begun = `begun-${index + 10}`;
        await terminal.shows(begun);
        await delay(afterMs);
        terminal.press("C-c");
        // The prompt: what follows in the line is not carried out after Ctrl-C.
        // It may stand behind the ^C that the terminal shows, where the command has not begun a line of its own.
        await terminal.shows(new RegExp(`${begun}\n[\\s\\S]*[#$]\\s*$`));
        expect({ words, afterMs, modes: terminal.modes }).toEqual({ words, afterMs, modes: before });
        await takesLines(terminal, index + 100);
      }
    });
  });
});
