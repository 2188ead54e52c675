// What people do to any command: each one of the table, with a daemon that is well, halted or missing, and streams that fail.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { hearth, type Ran, type RunOptions } from "../cli/hearth.js";
import { environmentOfSession } from "../support/attached.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { isStopped } from "../support/processes.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");

/** How one command is tried here. What is left out is what a command does that asks the daemon one thing. */
interface Trial {
  /** A command line behind the command's own words. */
  readonly words?: readonly string[];
  /** Behind `--`. */
  readonly program?: readonly string[];
  /** Exit code with --json where all is well (0). */
  readonly well?: number;
  /** Exit code where the daemon is halted and --timeout is short (5); null: the trial would end the daemon. */
  readonly halted?: number | null;
  /** Exit code where there is no daemon (3); null: the trial would start one. */
  readonly offline?: number | null;
  /** Exit code of an agent that tries it on another one, or on all; absent: what anybody may do. */
  readonly byAgent?: number;
  /** Exit code 0 or 1, as the machine is. */
  readonly hangsOnMachine?: boolean;
  /** Only as it is built: its output is another program's, or a file that lies beside it. */
  readonly isOnlyBuilt?: boolean;
}

/** What is done without a daemon's help. */
const LOCAL = { halted: 0, offline: 0 };
/** What only a session can ask. */
const OWN = { well: 2, halted: 2, offline: 2 };
/** What refuses --json. */
const NO_JSON = { well: 2, halted: 2, offline: 2 };

/** Every command of the table: whoever adds one says here how it is tried. */
const TRIALS: Readonly<Record<string, Trial>> = {
  init: { ...LOCAL, words: ["--home", "project"], well: 0 },
  "config check": { ...LOCAL, halted: 5 },
  "config schema": { ...LOCAL, isOnlyBuilt: true },
  start: { words: ["plain"], halted: 1, offline: null, byAgent: 6 },
  status: {},
  stop: { words: ["idle"], byAgent: 6 },
  restart: { words: ["plain"], byAgent: 6 },
  cycle: { words: ["idle"], byAgent: 6 },
  shutdown: { words: ["idle"], byAgent: 6 },
  requests: {},
  poke: { words: ["plain"], well: 1, byAgent: 6 },
  signal: { words: ["plain", "USR2"], byAgent: 6 },
  reset: { words: ["plain"], byAgent: 6 },
  run: { words: ["--name", "job/1"], program: ["sleep", "1000"], byAgent: 6 },
  remove: { words: ["job/1"], byAgent: 6 },
  ready: OWN,
  beat: OWN,
  "handoff get": { words: ["plain"], byAgent: 6 },
  "handoff put": { ...OWN, words: ["text"] },
  top: NO_JSON,
  logs: { words: ["plain"] },
  events: {},
  attach: { ...NO_JSON, words: ["plain"] },
  capture: { words: ["plain"], well: 1 },
  "daemon start": { halted: 1, offline: null },
  "daemon stop": { halted: null, offline: 0, byAgent: 6 },
  "daemon restart": { halted: 1, offline: null, byAgent: 6 },
  "daemon reload": { byAgent: 6 },
  "daemon status": { halted: 1 },
  "daemon logs": LOCAL,
  "daemon run": { words: ["--version"], isOnlyBuilt: true },
  "service install": { ...LOCAL, words: ["--print"] },
  "service uninstall": LOCAL,
  "service status": LOCAL,
  mcp: NO_JSON,
  rpc: { words: ["agent.list"] },
  doctor: { hangsOnMachine: true, halted: 1 },
  help: LOCAL,
  completion: { ...LOCAL, words: ["bash"] },
};

/** Those that end the daemon come last. */
const ORDER = COMMANDS.map(({ name }) => name).sort((a, b) => rank(a) - rank(b));

function rank(name: string): number {
  return ["daemon restart", "daemon stop"].indexOf(name);
}

/** Without what works only as it is built. */
const IN_PROCESS = ORDER.map((name) => [name, TRIALS[name] ?? {}] as const).filter(([, trial]) => !trial.isOnlyBuilt);

function lineOf(name: string, { words = [], program = [] }: Trial, ...more: string[]): string[] {
  return [...name.split(" "), ...words, ...more, ...(program.length > 0 ? ["--", ...program] : [])];
}

async function daemonOfTrials(): Promise<TestDaemon> {
  const agents = { plain: sh("echo hello; exec sleep 1000", { autostart: true }), idle: sh("exec sleep 1000") };
  // In the background, as `hearth daemon start` has it, since it is restarted.
  const daemon = await startDaemon({ config: { agents }, args: ["--detached"] });
  await daemon.until("plain", ({ ready }) => ready);
  return daemon;
}

async function halted(pid: number): Promise<void> {
  await eventually(() => isStopped(pid), "the daemon is halted");
}

const inHome = (home: string, options: RunOptions = {}): RunOptions => ({
  cwd: home,
  ...options,
  env: { HEARTH_HOME: home, XDG_CONFIG_HOME: join(home, "config"), ...options.env },
});

test("every command of the table is tried here", () => {
  expect(Object.keys(TRIALS).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

describe("with --json every command prints one value", () => {
  const expectOneValue = (name: string, { stdout }: Ran): void => {
    expect({ name, lines: stdout.split("\n").length }).toEqual({ name, lines: 2 });
    expect(() => JSON.parse(stdout), `${name}: ${stdout}`).not.toThrow();
  };

  const expectCode = (name: string, ran: Ran, code: number | null): void => {
    expect({ name, ...ran }).toMatchObject({ name, code: code ?? expect.toBeOneOf([0, 1]) });
  };

  test("also when it is refused for its flags, and for --help and --version", async () => {
    const options = inHome(newHome());
    for (const { name } of COMMANDS) {
      const refused = await hearth([...name.split(" "), "--json", "--flagg"], options);
      expectOneValue(name, refused);
      expect(refused.code).toBe(2);
      for (const flag of ["--help", "--version"]) {
        const told = await hearth([...name.split(" "), flag, "--json"], options);
        expectOneValue(name, told);
        expect(told.code).toBe(0);
      }
    }
    for (const argv of [
      ["--json"],
      ["nothing", "--json"],
      ["--json", "--timeout"],
      ["status", "--json", "--timeout", "0"],
    ])
      expectOneValue(argv.join(" "), await hearth(argv, options));
  });

  test("when all is well", async () => {
    const { home } = await daemonOfTrials();
    for (const [name, trial] of IN_PROCESS) {
      const ran = await hearth(lineOf(name, trial, "--json"), inHome(home));
      expectOneValue(name, ran);
      expectCode(name, ran, trial.hangsOnMachine ? null : (trial.well ?? 0));
    }
  });

  test("where there is no daemon", async () => {
    const home = newHome();
    for (const [name, trial] of IN_PROCESS) {
      const { offline = 3 } = trial;
      if (offline === null) continue;
      const ran = await hearth(lineOf(name, trial, "--json"), inHome(home));
      expectOneValue(name, ran);
      expectCode(name, ran, trial.hangsOnMachine ? null : offline);
    }
  });

  test("within --timeout where the daemon is halted", async () => {
    const daemon = await daemonOfTrials();
    daemon.signal("SIGSTOP");
    await halted(daemon.pid);
    const trials = IN_PROCESS.filter(([, { halted }]) => halted !== null);
    for (const [name, trial] of trials) {
      const running = hearth(lineOf(name, trial, "--json", "--timeout", "20ms"), inHome(daemon.home));
      const ran = await within(running, () => `hearth ${name} ends when its time is up`);
      expectOneValue(name, ran);
      expectCode(name, ran, trial.halted ?? 5);
    }
  });
});

test("what follows or draws honours --timeout too where the daemon is halted", async () => {
  const daemon = await daemonOfTrials();
  daemon.signal("SIGSTOP");
  await halted(daemon.pid);
  const lines = ["logs -f", "logs plain -f", "events -f", "daemon logs -f", "status --watch", "status plain --watch"];
  const ended = lines.map(async (line) => {
    const ran = await hearth([...line.split(" "), "--timeout", "200ms"], inHome(daemon.home, { columns: 80 }));
    expect({ line, ...ran }).toMatchObject({ line, code: 5, stderr: expect.stringContaining("hint: ") });
  });
  await within(Promise.all(ended), () => "every command ends when its time is up");
});

test("what is for the operator alone, or for agents that may, refuses an agent with exit code 6 and a hint", async () => {
  const daemon = await daemonOfTrials();
  const { pid } = await daemon.agent("plain");
  const env = await environmentOfSession(pid);
  for (const [name, trial] of IN_PROCESS) {
    if (trial.byAgent === undefined) continue;
    const words = trial.words?.map((word) => (word === "plain" ? "idle" : word));
    const ran = await hearth(lineOf(name, { ...trial, words: words ?? [] }), inHome(daemon.home, { env }));
    expect({ name, ...ran }).toMatchObject({ name, code: trial.byAgent, stderr: expect.stringContaining("hint: ") });
  }
  expect(await daemon.agent("plain")).toMatchObject({ state: "running", incarnation: 1 });
});

test("what can be no agent's name is refused by every command that takes one, with exit code 2 and a hint", async () => {
  const { home } = await startDaemon();
  const names = ["a//b", "../x", "a b", "", "é", "a\n"];
  const commands = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).command));
  const takers = commands.filter(({ positionals }) => /^agents?$/.test(positionals?.[0]?.name ?? ""));
  expect(takers.length).toBeGreaterThan(12);
  const lines = takers.map(({ name, positionals = [] }) => (word: string) => {
    const others = positionals.slice(1).filter(({ required }) => required === true);
    return [...name.split(" "), word, ...others.map(() => "USR1")];
  });
  for (const lineWith of [...lines, (word: string) => ["run", `--name=${word}`, "--", "true"]]) {
    for (const word of names) {
      const argv = lineWith(word);
      const ran = await hearth(argv, inHome(home));
      expect({ argv, ...ran }).toMatchObject({ argv, code: 2, stderr: expect.stringContaining("\nhint: ") });
    }
  }
});

describe("where standard output", () => {
  /** How a built program ended, and what it said on stderr. `stdout` is a file to open, or a pipe that nobody reads. */
  async function endOf(argv: readonly string[], home: string, stdout: "/dev/full" | "unread") {
    const target = stdout === "unread" ? "pipe" : openSync(stdout, "w");
    const { env = {}, cwd } = inHome(home);
    const child = spawn(process.execPath, [HEARTH, ...argv], {
      env: { ...process.env, ...env },
      cwd,
      stdio: ["ignore", target, "pipe"],
    });
    if (typeof target === "number") closeSync(target);
    child.stdout?.destroy();
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code] = await within(once(child, "close"), () => `hearth ${argv.join(" ")} ends`);
    return { line: argv.join(" "), code: code as number | null, stderr };
  }

  test("is full, a command says so and what helps, with exit code 1", async () => {
    const { home } = await daemonOfTrials();
    // Of each program that commands are built into, and one that would go on.
    for (const words of ["status --json", "status", "stop plain", "config schema", "start plain", "logs plain -f"]) {
      const { line, code, stderr } = await endOf(words.split(" "), home, "/dev/full");
      expect({ line, code, stderr }).toEqual({
        line,
        code: 1,
        stderr: expect.stringMatching(/^hearth: standard output cannot be written: ENOSPC.*\nhint: .*\n$/),
      });
    }
  });

  test("is read by nobody, a command ends as it would, without a word of that", async () => {
    const { home } = await daemonOfTrials();
    const lines = {
      "start plain": 0,
      "poke plain": 1,
      logs: 0,
      "logs -f": 0,
      "daemon logs -f": 0,
    };
    for (const [words, expected] of Object.entries(lines)) {
      const { line, code, stderr } = await endOf(words.split(" "), home, "unread");
      expect({ line, code, stderr }).toEqual({ line, code: expected, stderr: "" });
    }
  });
});
