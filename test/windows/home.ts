// A daemon's home on Windows, with the client as a person runs it, and nothing left behind.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentStatus } from "../../protocol/calls.js";
import type { Descriptor } from "../../protocol/descriptor.js";
import { hasCode } from "../../src/errno.js";
import { Wire } from "./wire.js";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The directories of the built programs and of homes, told by scripts/test-windows. */
const DIST = process.env.HEARTH_TEST_DIST ?? "dist";
const HOMES = process.env.HEARTH_TEST_HOMES ?? tmpdir();
export const HEARTH = join(DIST, "hearth.cjs");

/** Under a load of 30, Wine was seen to take one minute for what takes it four seconds otherwise. */
const DEADLINE_MS = 180_000;
const LOOK_EVERY_MS = 50;

export class Home {
  readonly directory = realpathSync(mkdtempSync(join(HOMES, "home-")));
  readonly path = join(this.directory, "home");
  /** What was seen running for it; nothing of this may be left. */
  readonly #pids = new Set<number>();
  #wire: Promise<Wire> | null = null;
  #lastId = 0;

  constructor(config = "") {
    mkdirSync(this.path);
    writeFileSync(join(this.path, "hearth.toml"), config);
  }

  /** Runs the client until it ends. */
  hearth(...args: string[]): Promise<Ran> {
    return this.run([HEARTH, "--home", this.path, "--timeout", `${DEADLINE_MS}ms`, ...args]);
  }

  run(args: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      execFile(process.execPath, args, { timeout: DEADLINE_MS }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /** Runs the client, which has to succeed; what it printed. */
  async done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.hearth(...args);
    if (code !== 0) throw new Error(`hearth ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async start(): Promise<Descriptor> {
    await this.done("daemon", "start");
    return this.found();
  }

  /** The descriptor of the daemon that runs, which is called from here on. */
  found(): Descriptor {
    const descriptor = JSON.parse(readFileSync(join(this.path, "daemon.json"), "utf8")) as Descriptor;
    this.#pids.add(descriptor.pid);
    this.#hangUp();
    return descriptor;
  }

  /** Calls the daemon as its operator, over one connection. */
  async call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    this.#wire ??= attach(this.found());
    const { result, error } = await (await this.#wire).call(++this.#lastId, method, params);
    if (result === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  async agent(name: string): Promise<AgentStatus> {
    const found = (await this.call("agent.get", { agent: name })) as unknown as AgentStatus;
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
    return this.read("logs", "agents", `${name}.log`) ?? "";
  }

  /** What a file of the home holds; null when there is none. */
  read(...path: readonly string[]): string | null {
    const file = join(this.path, ...path);
    return existsSync(file) ? readFileSync(file, "utf8") : null;
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
    this.#hangUp();
    if (this.#pids.size > 0) await this.done("daemon", "stop");
    for (const pid of this.#pids) await until(`process ${pid} has ended`, async () => !isRunning(pid) || null);
    await until("nobody is in the home any more", async () => this.#remove());
  }

  /** Null while somebody uses it: a directory in which a process stands, or a file that it has open, can't be removed. */
  #remove(): true | null {
    try {
      rmSync(this.directory, { recursive: true, force: true });
      return true;
    } catch (error) {
      if (!hasCode(error, "EBUSY", "EPERM", "ENOTEMPTY", "EACCES")) throw error;
      return null;
    }
  }

  #hangUp(): void {
    this.#wire?.then(
      (wire) => wire.close(),
      () => {},
    );
    this.#wire = null;
  }
}

/** A connection that is attached as the operator. */
export async function attach({ socketPath, token }: Pick<Descriptor, "socketPath" | "token">): Promise<Wire> {
  const wire = await Wire.open(socketPath);
  const { result } = await wire.call(0, "system.attach", { token });
  if (result?.role !== "operator") throw new Error("the token of the descriptor was refused");
  return wire;
}

/** A home that ends with the test. */
export function homeFor(t: TestContext, config = ""): Home {
  const home = new Home(config);
  t.after(() => home.end());
  return home;
}

/** A home with a daemon for all tests of a suite, since each start of a program takes its time under Wine. */
export function sharedHome(config: string): Home {
  const home = new Home(config);
  before(async () => void (await home.start()));
  after(() => home.end());
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
