// Gives a session test a home of its own and real sessions in it, and checks afterwards that no process is left.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { readEntry } from "../../src/sessions/identity-linux.js";
import { createProcessSessions } from "../../src/sessions/process.js";
import { scanProcesses } from "../../src/sessions/process-table-linux.js";
import type { Exit, Launch, Session, SessionKind, SessionRef } from "../../src/sessions/session.js";
import { eventually } from "../support/deadline.js";

/** What the fixture daemon prints right before it forks. */
export const FORKING = "forking";

/** Resolves once the condition holds; fails the test when it takes too long. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  await eventually(condition, what);
}

/** What a session told, in order, and promises for each. */
export class Told {
  readonly calls: string[] = [];
  exit: Exit | null = null;
  outcome: { readonly ran: boolean; readonly empty: boolean } | null = null;

  exited(exit: Exit, outcome: { readonly ran: boolean; readonly empty: boolean }): void {
    this.calls.push("exited");
    this.exit = exit;
    this.outcome = outcome;
  }

  emptied(): void {
    this.calls.push("emptied");
  }

  hasExited(): Promise<void> {
    return until(() => this.exit !== null, "exited");
  }

  /** Resolves once nothing of the session is left, by whichever of the two calls that was told. */
  isOver(): Promise<void> {
    return until(() => this.outcome?.empty === true || this.calls.includes("emptied"), "the session's end");
  }

  hasEmptied(): Promise<void> {
    return until(() => this.calls.includes("emptied"), "emptied");
  }
}

export interface Started {
  readonly session: Session;
  readonly told: Told;
  readonly incarnation: number;
}

export class Sandbox {
  readonly home = mkdtempSync(join(tmpdir(), "hearth-sessions-"));
  readonly marks = join(this.home, "run", "started");
  readonly directories = {
    home: this.home,
    markDirectory: this.marks,
    stdinDirectory: join(this.home, "run", "stdin"),
  };
  readonly logFile = join(this.home, "agent.log");
  readonly kind: SessionKind;
  readonly #children: ChildProcess[] = [];
  #incarnation = 0;

  constructor({ umask = 0o022, softNofile = null }: { umask?: number; softNofile?: number | null } = {}) {
    const clock = { wall: () => Date.now() };
    this.kind = createProcessSessions({ ...this.directories, umask, softNofile, clock });
  }

  launch(command: readonly [string, ...string[]], overrides: Partial<Launch> = {}): Launch {
    const incarnation = ++this.#incarnation;
    const { agent = "town/mayor" } = overrides;
    const env = { PATH: process.env.PATH ?? "", ...this.marked(agent, incarnation) };
    return {
      agent,
      incarnation,
      command,
      cwd: this.home,
      env,
      tokenHash: "0f",
      logFile: this.logFile,
      stderrFile: null,
      umask: null,
      nice: null,
      stdin: "nothing",
      ...overrides,
    };
  }

  marked(agent: string, incarnation: number): Record<string, string> {
    return { HEARTH_HOME: this.home, HEARTH_AGENT: agent, HEARTH_INCARNATION: String(incarnation) };
  }

  /** Forks and releases a shell script. */
  async run(script: string, overrides: Partial<Launch> = {}): Promise<Started> {
    const started = await this.fork(script, overrides);
    await started.session.release();
    return started;
  }

  async fork(script: string, overrides: Partial<Launch> = {}): Promise<Started> {
    const launch = this.launch(["sh", "-c", script], overrides);
    const told = new Told();
    const session = await this.kind.fork(launch, told);
    return { session, told, incarnation: launch.incarnation };
  }

  markOf(incarnation: number, agent = "town/mayor"): string {
    return join(this.marks, `${agent.replaceAll("/", "%2F")}.${incarnation}`);
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  /** The PID that the agent wrote as `NAME=PID` into its log. */
  async pidOf(name: string): Promise<number> {
    const found = (): string | undefined => new RegExp(`^${name}=(\\d+)\n`, "m").exec(this.log())?.[1];
    await until(() => found() !== undefined, `${name} in the log`);
    return Number(found());
  }

  /** The same of one that becomes a `sleep`, once it has: in the midst of that it has no environment to be found by. */
  async sleeper(name: string): Promise<number> {
    const pid = await this.pidOf(name);
    await until(() => sleeps(pid), `${name} to sleep`);
    return pid;
  }

  /** Starts an earlier daemon: a program of its own that forks one session. See fixtures/daemon.ts. */
  async daemon(file: string, launch: Launch, { release }: { readonly release: boolean }): Promise<EarlierDaemon> {
    const settings = { ...this.directories, launch, release };
    const child = spawn(process.execPath, [file, JSON.stringify(settings)], { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.push(child);
    const lines = createInterface({ input: child.stdout });
    const record = await new Promise<string>((resolve) =>
      lines.on("line", (line) => line !== FORKING && resolve(line)),
    );
    return { ref: JSON.parse(record) as SessionRef, child };
  }

  /** Live processes that carry this home in their environment or were led by a process of it. */
  left(): number[] {
    const table = scanProcesses(0);
    return [...table.entries.keys()].filter((pid) => isOfHome(pid, this.home));
  }

  /** Fails when a process of this home is left; ends it and removes the files in any case. */
  async dispose(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    const left = this.left();
    await until(() => this.#sweep() === 0, "the home to be empty");
    rmSync(this.home, { recursive: true, force: true });
    expect(left).toEqual([]);
  }

  #sweep(): number {
    const left = this.left().filter((pid) => lives(pid));
    for (const pid of left) process.kill(pid, "SIGKILL");
    return left.length;
  }
}

/** A daemon of an earlier life and what it knew. */
export interface EarlierDaemon {
  readonly ref: SessionRef;
  readonly child: ChildProcess;
}

/** Ends a daemon as a crash does. */
export async function crash({ child }: EarlierDaemon): Promise<void> {
  child.kill("SIGKILL");
  await until(() => child.signalCode !== null, "the daemon to be dead");
}

function isOfHome(pid: number, home: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HEARTH_HOME=${home}\0`);
  } catch {
    return false;
  }
}

/** True while a process lives and is no zombie. */
export function lives(pid: number): boolean {
  return readEntry(pid) !== null;
}

/** True once a process is a `sleep`, and will not become anything else. */
export function sleeps(pid: number): boolean {
  return commandLine(pid).startsWith("sleep\0");
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
