// Gives a tmux test a home with a tmux server of its own, and checks afterwards that no process of either is left.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import type { Launch } from "../../src/sessions/session.js";
import { createTmuxSessions, type TmuxSessions, type TmuxSessionsOptions } from "../../src/sessions/tmux.js";
import type { PokeOutcome } from "../../src/sessions/tmux-poke.js";
import type { TmuxSession, TmuxSessionRef } from "../../src/sessions/tmux-session.js";
import { lives, Told, until } from "./sandbox.js";

export interface StartedInTmux {
  readonly session: TmuxSession;
  readonly told: Told;
  readonly incarnation: number;
  readonly agent: string;
}

/** A daemon of an earlier life and what it knew. */
export interface EarlierDaemon {
  readonly ref: TmuxSessionRef;
  readonly child: ChildProcess;
}

export class TmuxSandbox {
  readonly home = mkdtempSync(join(tmpdir(), "hearth-tmux-"));
  readonly run = join(this.home, "run");
  readonly marks = join(this.run, "started");
  readonly socket = join(this.run, "tmux.sock");
  /** How every token here begins, and none of another test that runs at the same time. */
  readonly secret = `secret-of-${basename(this.home)}`;
  readonly kind: TmuxSessions;
  readonly #children: ChildProcess[] = [];
  readonly #serverPids = new Set<number>();
  #incarnation = 0;

  constructor(overrides: Partial<TmuxSessionsOptions> = {}) {
    this.kind = createTmuxSessions({ ...this.options(), ...overrides });
  }

  options(): TmuxSessionsOptions {
    return {
      home: this.home,
      markDirectory: this.marks,
      runDirectory: this.run,
      socketDirectory: this.run,
      umask: 0o022,
      softNofile: null,
      path: process.env.PATH,
      clock: { wall: () => Date.now() },
    };
  }

  launch(command: readonly [string, ...string[]], overrides: Partial<Launch> = {}): Launch {
    const incarnation = ++this.#incarnation;
    const { agent = "town/mayor" } = overrides;
    const marked = { HEARTH_HOME: this.home, HEARTH_AGENT: agent, HEARTH_INCARNATION: String(incarnation) };
    const env = { PATH: process.env.PATH ?? "", PS1: "$ ", HEARTH_TOKEN: `${this.secret}-${incarnation}`, ...marked };
    const logFile = this.logFile(agent);
    return {
      agent,
      incarnation,
      command,
      cwd: this.home,
      env,
      tokenHash: "0f",
      logFile,
      stderrFile: null,
      umask: null,
      nice: null,
      stdin: "nothing",
      ...overrides,
    };
  }

  async fork(command: readonly [string, ...string[]], overrides: Partial<Launch> = {}): Promise<StartedInTmux> {
    const launch = this.launch(command, overrides);
    const told = new Told();
    const session = await this.kind.fork(launch, told);
    this.#serverPids.add(Number(this.tmux("display-message", "-p", "#{pid}")));
    return { session, told, incarnation: launch.incarnation, agent: launch.agent };
  }

  async start(command: readonly [string, ...string[]], overrides: Partial<Launch> = {}): Promise<StartedInTmux> {
    const started = await this.fork(command, overrides);
    await started.session.release();
    return started;
  }

  /** Releases a shell script. */
  script(script: string, overrides: Partial<Launch> = {}): Promise<StartedInTmux> {
    return this.start(["sh", "-c", script], overrides);
  }

  /** Ends a session as a supervisor does, and removes what tmux keeps of it. */
  async end({ session, told, agent, incarnation }: StartedInTmux): Promise<void> {
    session.kill();
    await told.hasExited();
    if (told.outcome?.empty === false) await told.hasEmptied();
    await this.kind.clearMark(agent, incarnation);
  }

  /** Asks the home's server, as a person would. */
  tmux(...args: string[]): string {
    return execFileSync("tmux", ["-u", "-S", this.socket, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Names of the sessions of the home's server. */
  sessions(): string[] {
    try {
      return this.tmux("list-sessions", "-F", "#{session_name}")
        .split("\n")
        .filter((name) => name !== "")
        .sort();
    } catch {
      return [];
    }
  }

  logFile(agent = "town/mayor"): string {
    return join(this.home, `${agent.replaceAll("/", "%2F")}.log`);
  }

  log(agent = "town/mayor"): string {
    const file = this.logFile(agent);
    return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\r\n", "\n") : "";
  }

  /** A file of the home; empty when it is not there. */
  file(name: string): string {
    const file = join(this.home, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Resolves once the agent's terminal shows a text. */
  async shows({ agent }: StartedInTmux, text: string): Promise<void> {
    await until(() => this.tmux("capture-pane", "-p", "-t", `=${agent}:`).includes(text), `${text} on the screen`);
  }

  async logged(text: string, agent = "town/mayor"): Promise<void> {
    await until(() => this.log(agent).includes(text), `${text} in the log`);
  }

  /** The PID that the agent wrote as `NAME=PID` into its log. */
  async pidOf(name: string): Promise<number> {
    const found = (): string | undefined => new RegExp(`^${name}=(\\d+)\n`, "m").exec(this.log())?.[1];
    await until(() => found() !== undefined, `${name} in the log`);
    return Number(found());
  }

  markOf(incarnation: number, agent = "town/mayor"): string {
    return join(this.marks, `${agent.replaceAll("/", "%2F")}.${incarnation}`);
  }

  /** Attaches a terminal of its own to a session; what it returns types there. */
  async attach(agent: string): Promise<(keys: string) => void> {
    const command = `tmux -S ${this.socket} attach-session -t =${agent}:`;
    const env = { PATH: process.env.PATH ?? "", TERM: "xterm", SHELL: "/bin/sh" };
    const terminal = spawn("script", ["-qfc", command, "/dev/null"], { env, stdio: ["pipe", "ignore", "ignore"] });
    this.#children.push(terminal);
    const target = ["-t", `=${agent}:`];
    await until(() => this.tmux("display-message", "-p", ...target, "#{session_attached}") === "1\n", "the client");
    return (keys) => terminal.stdin.write(keys);
  }

  /** Starts an earlier daemon: a program of its own that forks one session. See fixtures/tmux-daemon.ts. */
  async daemon(file: string, launch: Launch, { release }: { readonly release: boolean }): Promise<EarlierDaemon> {
    const { home, run } = this;
    const settings = JSON.stringify({ home, run, marks: this.marks, launch, release });
    const child = spawn(process.execPath, [file, settings], { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.push(child);
    const lines = createInterface({ input: child.stdout });
    const [line] = await new Promise<[string]>((resolve) => lines.once("line", (text) => resolve([text])));
    this.#serverPids.add(Number(this.tmux("display-message", "-p", "#{pid}")));
    return { ref: JSON.parse(line) as TmuxSessionRef, child };
  }

  serverPid(): number {
    return Number(this.tmux("display-message", "-p", "#{pid}"));
  }

  /** Commands to the home's server that are under way, whoever gave them. */
  commands(): number[] {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const read = (pid: string, name: string): string => readOrEmpty(`/proc/${pid}/${name}`);
    const isCommand = (pid: string): boolean =>
      read(pid, "cmdline").includes(`\0${this.socket}\0`) && !read(pid, "comm").startsWith("tmux: server");
    return pids.filter(isCommand).map(Number);
  }

  /** Every pane of the home's server. */
  panes(): { readonly dead: boolean }[] {
    if (this.sessions().length === 0) return [];
    const listing = this.tmux("list-panes", "-a", "-F", "#{pane_dead}");
    return listing
      .trim()
      .split("\n")
      .map((dead) => ({ dead: dead === "1" }));
  }

  /** Ends the home's server, if there is one, with all its sessions. */
  async killServer(): Promise<void> {
    if (this.sessions().length > 0) {
      const pid = this.serverPid();
      this.tmux("kill-server");
      await until(() => !lives(pid), "the server's end");
    }
    rmSync(this.socket, { force: true });
  }

  /** Ends everything in any case; fails when a session, a server or a gate's FIFO is left. */
  async dispose(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
    await until(() => this.#children.every(hasEnded), "the programs' end");
    const sessions = this.sessions();
    await this.killServer();
    await until(() => [...this.#serverPids].every((pid) => !lives(pid)), "the server's end");
    // What it was told to note at its end may come after it.
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10 });
    expect(sessions).toEqual([]);
  }

  makeDirectory(name: string): string {
    const path = join(this.home, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Pokes without ever calling it off. */
export function poke({ session }: StartedInTmux, message: string): Promise<PokeOutcome> {
  return session.poke(message, { signal: new AbortController().signal });
}
