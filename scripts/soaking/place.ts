// Where the soak happens: a directory of its own, with all the processes that belong to it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Descriptor, parseDescriptor } from "../../protocol/descriptor.js";
import { environmentOf, isRunning, type LiveProcess, processesOf } from "../../test/support/processes.js";

/** What a run of `hearth` came to. */
export interface Outcome {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of an agent's session. */
export interface SessionProcess extends LiveProcess {
  readonly agent: string;
  readonly incarnation: number;
}

export class Place {
  readonly home: string;
  readonly diaries: string;
  readonly #directory: string;
  readonly #calm: string;
  readonly #root: string;
  #isOver = false;

  /** @param root this project's directory, whose dist/ is built */
  constructor(root: string, directory: string) {
    this.#root = root;
    this.#directory = directory;
    this.home = join(directory, "home");
    this.diaries = join(directory, "diaries");
    this.#calm = join(directory, "calm");
    mkdirSync(this.home, { mode: 0o700 });
    mkdirSync(this.diaries);
  }

  /** From here on every agent behaves. */
  calm(): void {
    writeFileSync(this.#calm, "");
  }

  unleash(): void {
    rmSync(this.#calm, { force: true });
  }

  /** Runs a command of `hearth` against this home; never resolves once everything is being killed. */
  async hearth(...args: string[]): Promise<Outcome> {
    if (this.#isOver) return new Promise(() => {});
    const program = [join(this.#root, "dist/hearth.cjs"), ...args, "--home", this.home, "--json"];
    const child = spawn(process.execPath, program, { env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    return { args, code, ...output };
  }

  /** Null while there is none. */
  descriptor(): Descriptor | null {
    const file = join(this.home, "daemon.json");
    if (!existsSync(file)) return null;
    const parsed = parseDescriptor(readFileSync(file, "utf8"));
    return parsed.ok ? parsed.descriptor : null;
  }

  /** Every hearthd of this home: the daemon, and those that would like to be it. */
  daemons(): LiveProcess[] {
    return processesOf(this.home).filter(({ pid, command }) => command.includes("hearthd.cjs") && !isAgents(pid));
  }

  /** Every process that an agent's session started. */
  sessions(): SessionProcess[] {
    return processesOf(this.home).flatMap((process) => {
      const { HEARTH_AGENT: agent, HEARTH_INCARNATION: incarnation } = environmentOf(process.pid);
      return agent === undefined ? [] : [{ ...process, agent, incarnation: Number(incarnation) }];
    });
  }

  /** The home's tmux server, which carries nothing but the path of its configuration. */
  terminals(): LiveProcess[] {
    return runningProcesses().filter(({ command }) => command.includes(`${this.home}/run/tmux.conf`));
  }

  /** What is handed on from process to process, and so tells which ones belong to this soak. */
  get environment(): NodeJS.ProcessEnv {
    return { ...cleanEnvironment(), SOAK_PLACE: this.#directory };
  }

  everything(): LiveProcess[] {
    const own = runningProcesses().filter(({ pid }) => environmentOf(pid).SOAK_PLACE === this.#directory);
    return [...own, ...this.terminals()];
  }

  /** Ends every process without asking it, so that the files stay as they are. */
  async killEverything(): Promise<void> {
    this.#isOver = true;
    this.calm();
    for (let left = this.everything(); left.length > 0; left = this.everything()) {
      for (const { pid } of left) signal(pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** False when the process has ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function isAgents(pid: number): boolean {
  return environmentOf(pid).HEARTH_AGENT !== undefined;
}

function runningProcesses(): LiveProcess[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter(isRunning).map(readCommand);
}

function readCommand(pid: number): LiveProcess {
  try {
    return { pid, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() };
  } catch {
    return { pid, command: "" };
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => name.startsWith("HEARTH") || name === "NODE_EXTRA_CA_CERTS";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}
