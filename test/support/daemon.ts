// The one daemon fixture: the real hearthd in a private home, and proof that a test leaves no process and no file.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "smol-toml";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { AgentDefinition, HearthToml } from "../../protocol/definition.js";
import { type Descriptor, parseDescriptor } from "../../protocol/descriptor.js";
import type { AgentStatus, MethodName, Params, Result } from "../../protocol/methods.js";
import { eventually, within } from "./deadline.js";
import { isRunning, processesOf } from "./processes.js";
import { readIfThere } from "./read-if-there.js";
import { type SeenEvent, Wire } from "./wire.js";

/** The program that `npm run build` makes. */
export const HEARTHD = resolve(import.meta.dirname, "../../dist/hearthd.cjs");

export interface DaemonOptions {
  /** What hearth.toml says, as a table or (to be wrong in some way) as text; left as it is when absent. */
  readonly config?: HearthToml | string;
  /** A new one when absent. */
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments of hearthd. */
  readonly args?: readonly string[];
  /** Another copy of hearthd. */
  readonly program?: string;
  /** Lines of shell that run before hearthd, in the process that becomes it. */
  readonly before?: string;
  /** The user (and group) that runs it; only root can choose. */
  readonly uid?: number;
}

type HomedOptions = DaemonOptions & { readonly home: string };

/** How a process ended, and what it said on stderr. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** What has to be gone at some point. */
interface Belongings {
  readonly homes: string[];
  readonly children: ChildProcess[];
}

/** Of the test that runs. */
const own: Belongings = { homes: [], children: [] };
/** Of all tests of the file. */
const shared: Belongings = { homes: [], children: [] };

/** A home of this test's own, removed after it. `name` makes its path longer. */
export function newHome(name = ""): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), `hearth-test-${name}`)));
  own.homes.push(directory);
  return directory;
}

/** The definition of an agent that runs a few lines of shell. */
export function sh(script: string, rest: Omit<AgentDefinition, "command"> = {}): AgentDefinition {
  return { command: ["/bin/sh", "-c", script], ...rest };
}

/** Starts a daemon and resolves when it answers. Rejects with what it said when it ends before. */
export async function startDaemon(options: DaemonOptions = {}): Promise<TestDaemon> {
  const home = options.home ?? newHome();
  const launched = launch({ ...options, home });
  const refused = launched.ended.then(({ code, stderr }) => {
    throw new Error(`hearthd ended with ${code}: ${stderr}`);
  });
  refused.catch(() => {});
  await within(Promise.race([launched.serving, refused]), () => `hearthd serves ${home}`);
  return TestDaemon.meet(launched);
}

/** A daemon for all tests of a file that change nothing in it: most of what they would take is starting one each. */
export function sharedDaemon(options: DaemonOptions = {}): () => TestDaemon {
  let daemon: TestDaemon | null = null;
  beforeAll(async () => {
    daemon = await startDaemon(options);
    shared.homes.push(...own.homes.splice(0));
    shared.children.push(...own.children.splice(0));
  });
  return () => {
    if (daemon === null) throw new Error("the shared daemon is there for tests alone");
    return daemon;
  };
}

/** Runs a hearthd that is expected to end by itself. */
export async function runDaemon(options: DaemonOptions = {}): Promise<Ended> {
  const { ended } = launch({ ...options, home: options.home ?? newHome() });
  return within(ended, () => "hearthd ends by itself");
}

/** Writes the home's hearth.toml, so that a daemon that reads it meanwhile sees the old file or the new. */
export function configure(home: string, config: HearthToml | string): void {
  const file = join(home, "hearth.toml");
  writeFileSync(`${file}.new`, typeof config === "string" ? config : stringify(config));
  renameSync(`${file}.new`, file);
}

/** What daemon.json says now. */
export function readDescriptor(file: string): Descriptor {
  const parsed = parseDescriptor(readFileSync(file, "utf8"));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.detail}`);
  return parsed.descriptor;
}

/** What daemon.json says once it is of another daemon; in between it may be gone. */
export function otherDescriptor(file: string, instanceId: string | null): Promise<Descriptor> {
  const look = (): Descriptor | null => {
    const parsed = parseDescriptor(readIfThere(file));
    return parsed.ok && parsed.descriptor.instanceId !== instanceId ? parsed.descriptor : null;
  };
  return eventually(look, `${file} is of a daemon other than ${instanceId}`);
}

interface Launched {
  readonly options: HomedOptions;
  /** Resolves when it says that it serves. */
  readonly serving: Promise<void>;
  readonly ended: Promise<Ended>;
}

function launch(options: HomedOptions): Launched {
  const { config, home, env, args = [], program = HEARTHD, before = "", uid } = options;
  if (config !== undefined) configure(home, config);
  const command = [process.execPath, program, "--home", home, ...args];
  const child = spawn("/bin/sh", ["-c", `${before}\nexec "$@"`, "sh", ...command], {
    env: { ...process.env, HEARTH_HOME: home, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  own.children.push(child);
  let stderr = "";
  const serving = new Promise<void>((resolve) => {
    child.stdout.once("data", () => resolve());
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (stderr.includes('"the daemon has started"')) resolve();
    });
  });
  const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, stderr }));
  return { options, serving, ended };
}

/** One running daemon, as its operator sees it. */
export class TestDaemon {
  readonly home: string;
  readonly descriptor: Descriptor;
  /** Attached as the operator, and subscribed to every event. */
  readonly wire: Wire;
  /** Resolves when the process that this test started has ended. */
  readonly ended: Promise<Ended>;
  readonly #launched: Launched;

  /** Gets to know the daemon that serves a home. */
  static async meet(launched: Launched): Promise<TestDaemon> {
    const descriptor = readDescriptor(descriptorPath(launched.options));
    const wire = await attach(descriptor);
    await wire.call("events.subscribe", { since: 0 });
    return new TestDaemon(launched, descriptor, wire);
  }

  private constructor(launched: Launched, descriptor: Descriptor, wire: Wire) {
    this.home = launched.options.home;
    this.ended = launched.ended;
    this.descriptor = descriptor;
    this.wire = wire;
    this.#launched = launched;
  }

  get pid(): number {
    return this.descriptor.pid;
  }

  /** A path inside the home. */
  path(...segments: string[]): string {
    return join(this.home, ...segments);
  }

  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    return this.wire.call(method, params);
  }

  agent(agent: string): Promise<AgentStatus> {
    return this.call("agent.get", { agent });
  }

  /** The next event of this type, from the start of the daemon on, that was not asked for yet. */
  event(type: SeenEvent["type"], agent?: string): Promise<SeenEvent> {
    return this.wire.event(type, agent);
  }

  /** The agent's status as soon as it is as described. */
  async until(agent: string, holds: (status: AgentStatus) => boolean): Promise<AgentStatus> {
    const watch = await this.attach();
    await watch.call("events.subscribe", { agents: [agent] });
    try {
      for (;;) {
        const status = await watch.call("agent.get", { agent });
        if (holds(status)) return status;
        await watch.receive(({ method }) => method === "event", `a change of ${JSON.stringify(status)}`);
      }
    } finally {
      watch.close();
    }
  }

  /** Resolves when the daemon's log, from here on, has a line with this text. `then` is done once it is being read. */
  async logs(text: string, then: () => void = () => {}): Promise<void> {
    const reader = await this.attach();
    await reader.call("logs.follow", { agent: "daemon", lines: 0 });
    then();
    try {
      while (!(await reader.lines()).some((line) => line.includes(text)));
    } finally {
      reader.close();
    }
  }

  /** Resolves when the daemon's log, which is written a little later than what it tells of is done, has this text. */
  async hasLogged(text: string): Promise<void> {
    await eventually(() => readFileSync(this.descriptor.logFile, "utf8").includes(text), `the log has "${text}"`);
  }

  /** Another connection, which has not attached. */
  connect(): Promise<Wire> {
    return Wire.connect(this.descriptor.socketPath);
  }

  /** Another connection, attached as the operator or with a session's token. */
  attach(token = this.descriptor.token): Promise<Wire> {
    return attach({ ...this.descriptor, token });
  }

  /** Sends a signal without waiting for what comes of it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Ends the daemon, by SIGKILL unless told otherwise, and resolves when the process is gone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Ended> {
    this.signal(signal);
    return within(this.ended, () => `the daemon ends by ${signal}`);
  }

  /** Asks the daemon to end with its agents. */
  stop(): Promise<Ended> {
    return this.kill("SIGTERM");
  }

  /** The next daemon of the same home, started the same way; hearth.toml is left as it is. */
  startAgain(): Promise<TestDaemon> {
    const { config: _isWritten, ...options } = this.#launched.options;
    return startDaemon(options);
  }

  /** The daemon that took this one's place by itself, once it answers. */
  async successor(): Promise<TestDaemon> {
    await otherDescriptor(descriptorPath(this.#launched.options), this.descriptor.instanceId);
    return TestDaemon.meet(this.#launched);
  }

  /** Ends a daemon that this test did not start itself, and its agents. */
  async shutDown(): Promise<void> {
    await this.call("daemon.shutdown", {});
    await eventually(() => !isRunning(this.pid), `the daemon ${this.pid} ends`);
  }
}

function descriptorPath({ home, args = [] }: HomedOptions): string {
  const named = args.indexOf("--descriptor");
  return named < 0 ? join(home, "daemon.json") : (args[named + 1] ?? "");
}

async function attach({ socketPath, token }: Descriptor): Promise<Wire> {
  const wire = await Wire.connect(socketPath);
  await wire.call("system.attach", { token });
  return wire;
}

afterEach(() => remove(own));
afterAll(() => remove(shared));

async function remove({ homes, children }: Belongings): Promise<void> {
  // One that does not stop is found, named and ended below.
  await Promise.allSettled(children.splice(0).map(stopChild));
  const left = homes.flatMap(processesOf);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`the test left processes behind: ${JSON.stringify(left)}`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  child.kill("SIGCONT");
  await within(gone, () => `the daemon ${child.pid} stops after the test`);
}
