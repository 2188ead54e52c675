// A daemon's home on Windows for one test, with the client as a person runs it, and nothing left behind.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus } from "../../protocol/calls.js";
import type { Descriptor } from "../../protocol/descriptor.js";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The directory of the built programs, told by scripts/test-windows. */
const DIST = process.env.HEARTH_TEST_DIST ?? "dist";
const HEARTH = join(DIST, "hearth.cjs");

const DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;

export class Home {
  readonly directory = mkdtempSync(join(tmpdir(), "hearth-"));
  readonly path = join(this.directory, "home");
  /** What was seen running for it; nothing of this may be left. */
  readonly #pids = new Set<number>();

  constructor(config = "") {
    mkdirSync(this.path);
    writeFileSync(join(this.path, "hearth.toml"), config);
  }

  /** Runs the client until it ends. */
  hearth(...args: string[]): Promise<Ran> {
    return this.run([HEARTH, "--home", this.path, ...args]);
  }

  run(args: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      execFile(process.execPath, args, { timeout: DEADLINE_MS }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** What a command prints with `--json`. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    const { stdout, stderr } = await this.hearth(...args, "--json");
    if (stdout === "") throw new Error(`hearth ${args.join(" ")} printed nothing: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  async start(): Promise<Descriptor> {
    const { code, stderr } = await this.hearth("daemon", "start");
    if (code !== 0) throw new Error(`the daemon did not start (${code}): ${stderr}`);
    const descriptor = this.descriptor();
    this.#pids.add(descriptor.pid);
    return descriptor;
  }

  descriptor(): Descriptor {
    return JSON.parse(readFileSync(join(this.path, "daemon.json"), "utf8")) as Descriptor;
  }

  async agent(name: string): Promise<AgentStatus> {
    const { agents } = await this.json<{ agents: AgentStatus[] }>("status");
    const found = agents.find(({ agent }) => agent === name);
    if (found === undefined) throw new Error(`no agent ${name}`);
    if (found.pid !== null) this.#pids.add(found.pid);
    return found;
  }

  async agentWhen(name: string, holds: (status: AgentStatus) => boolean): Promise<AgentStatus> {
    return until(`${name} is as it should be`, async () => {
      const status = await this.agent(name);
      return holds(status) ? status : null;
    });
  }

  daemonLog(): string {
    return readFileSync(join(this.path, "logs", "daemon.log"), "utf8");
  }

  log(name: string): string {
    try {
      return readFileSync(join(this.path, "logs", "agents", `${name}.log`), "utf8");
    } catch {
      return "";
    }
  }

  /** The first match in an agent's log, once it is there. */
  async logged(name: string, pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${name} has written ${pattern}`, async () => pattern.exec(this.log(name)));
  }

  /** Remembers a process that must not be left. */
  expectToEnd(pid: number): number {
    this.#pids.add(pid);
    return pid;
  }

  async end(): Promise<void> {
    const { code, stderr } = await this.hearth("daemon", "stop");
    if (code !== 0) throw new Error(`the daemon did not stop (${code}): ${stderr}`);
    for (const pid of this.#pids) await until(`process ${pid} has ended`, async () => !isRunning(pid) || null);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** A home that ends with the test. */
export function homeFor(t: TestContext, config = ""): Home {
  const home = new Home(config);
  t.after(() => home.end());
  return home;
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS / 1000} s: ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
