// What is asked of every supervisor that Hearth is compared with, and of Hearth itself.

import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { endMarked, mark, marked, nameOf } from "../processes.mjs";
import { measuredEnvironment } from "../programs.mjs";

const run = promisify(execFile);
/** pm2 prints the environment of every program. */
const MAX_OUTPUT_BYTES = 1 << 28;

/**
 * One supervisor in a home of its own, with all its programs. A subclass says how it is configured for `programs`
 * (`{name, script}`), launched, asked, stopped and recovered, and which processes supervise: what a kill -9 is aimed at.
 */
export class Peer {
  constructor(home, { tools, defer }) {
    this.home = home;
    this.tools = tools;
    mkdirSync(home, { mode: 0o700 });
    defer(() => this.end());
  }

  get environment() {
    return { ...measuredEnvironment(), ...mark(this.home) };
  }

  /** The processes that are not programs: what memory and processor time are counted of. */
  ownProcesses() {
    return this.supervisors();
  }

  /** Whether there is nobody to ask for a status as long as there is no program. */
  get isMuteWhenEmpty() {
    return false;
  }

  /** What a crash of the supervisor needs to have been done before, if anything. */
  async prepareRecovery() {}

  /** Milliseconds that the status command takes, from its start to its end. */
  statusMs() {
    const [program, ...args] = this.statusCommand;
    const before = performance.now();
    const { status, error, stderr } = spawnSync(program, args, {
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const took = performance.now() - before;
    if (status !== 0) throw error ?? new Error(`${this.statusCommand.join(" ")} ended with ${status}: ${stderr}`);
    return took;
  }

  /** Starts without waiting; `finished` is to be awaited, and says what went wrong only then. */
  startUp() {
    const finished = this.start();
    finished.catch(() => {});
    return { finished };
  }

  async run(program, ...args) {
    const { stdout } = await run(program, args, { env: this.environment, maxBuffer: MAX_OUTPUT_BYTES });
    return stdout;
  }

  /** A supervisor that stays in the foreground. */
  launchInForeground(program, ...args) {
    const child = spawn(program, args, { env: this.environment, stdio: "ignore", detached: true });
    child.once("error", () => {});
    child.unref();
  }

  end() {
    return endMarked(this.home);
  }

  /** Its processes of these names. */
  named(names) {
    return marked(this.home).filter((pid) => names.includes(nameOf(pid)));
  }
}
