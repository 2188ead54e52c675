// Starts and ends what is compared: Hearth's daemon and the bare servers.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "../../dist/client.js";
import { mark, until } from "./processes.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);

export const HEARTH = join(root, "dist/hearth.cjs");
export const HEARTHD = join(root, "dist/hearthd.cjs");
/** What Node is given for hearthd, as the client gives it. */
export const NODE_ARGUMENTS = ["--max-semi-space-size=4"];

/** An agent that does nothing, in every process manager. */
const IDLE = { command: "sleep", argument: "1000000" };
const ANSWER_DEADLINE_MS = 60_000;
/** A daemon that starts hundreds of agents may take its time to answer. */
const PATIENTLY = { timeoutMs: ANSWER_DEADLINE_MS };

/** What is measured runs in the caller's environment without what slows Node down or leads to another daemon. */
export function measuredEnvironment() {
  const unwanted = (name) => name.startsWith("HEARTH_") || name.startsWith("PM2_") || name === "NODE_EXTRA_CA_CERTS";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !unwanted(name)));
}

/**
 * A program in this folder's floors/, listening on a socket of its own. It has a session of its own, as a daemon has: Linux
 * schedules sessions against each other (autogroups), which adds 3 us to a round trip between two of them on one core.
 */
export async function startFloor(file, { socketPath, env = {}, defer }) {
  const program = fileURLToPath(new URL(`floors/${file}`, import.meta.url));
  const child = spawn(process.execPath, [program, socketPath], {
    env: { ...measuredEnvironment(), ...env },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill();
    await exited;
  };
  defer(stop);
  const tooEarly = exited.then(() => Promise.reject(new Error(`${file} ended before it listened`)));
  await Promise.race([once(createInterface({ input: child.stdout }), "line"), tooEarly]);
  tooEarly.catch(() => {});
  return { pid: child.pid, socketPath, stop };
}

/** What hearth.toml says of so many agents that do nothing. */
export function idleAgents(count, { autostart = true } = {}) {
  const command = JSON.stringify([IDLE.command, IDLE.argument]);
  const agent = (index) => `[agents.idle-${index}]\ncommand = ${command}\nautostart = ${autostart}\n`;
  return Array.from({ length: count }, (_, index) => agent(index)).join("\n");
}

/** A daemon in a home of its own whose agents are all idle. */
export class HearthSubject {
  #home;

  static async start(home, { agents, defer }) {
    const subject = await HearthSubject.serving(home, { config: idleAgents(agents), defer });
    await subject.allRunning(agents);
    return subject;
  }

  /** A daemon that answers, with any hearth.toml. */
  static async serving(home, { config, defer }) {
    mkdirSync(home, { mode: 0o700 });
    const subject = new HearthSubject(home);
    defer(() => subject.stop());
    writeFileSync(join(home, "hearth.toml"), config);
    await subject.hearth("daemon", "start");
    return subject;
  }

  constructor(home) {
    this.#home = home;
  }

  get descriptor() {
    return JSON.parse(readFileSync(join(this.#home, "daemon.json"), "utf8"));
  }

  /** Runs a command of `hearth` against this home. */
  async hearth(...args) {
    const { stdout } = await run(process.execPath, [HEARTH, ...args], { env: this.environment });
    return stdout;
  }

  get environment() {
    return { ...measuredEnvironment(), ...mark(this.#home), HEARTH_HOME: this.#home };
  }

  /** A connection of the package's own client. */
  async client({ defer }) {
    const client = await connect({ home: this.#home, env: {} });
    defer(() => client.close());
    return client;
  }

  /** Ends the daemon as a crash does; its agents go on. */
  async kill() {
    const { pid } = this.descriptor;
    process.kill(pid, "SIGKILL");
    await until(() => !existsSync(`/proc/${pid}`), { what: `the daemon ${pid} ends` });
  }

  /** Starts the next daemon, without waiting for anything. */
  launch() {
    const options = { env: this.environment, stdio: "ignore", detached: true };
    spawn(process.execPath, [...NODE_ARGUMENTS, HEARTHD, "--home", this.#home], options).unref();
  }

  /** Defines more agents in the same daemon and starts them. */
  async growTo(agents, { defer }) {
    writeFileSync(join(this.#home, "hearth.toml"), idleAgents(agents));
    const client = await this.client({ defer });
    await client.call("daemon.reload", {}, PATIENTLY);
    await client.call("agent.start", { agent: "idle-*", wait: false }, PATIENTLY);
    await client.close();
    await this.allRunning(agents);
  }

  /** Resolves when the daemon answers. */
  async answers() {
    const ask = () => this.hearth("status", "--json").then(Boolean, () => false);
    await until(ask, { what: "the daemon answers", deadlineMs: ANSWER_DEADLINE_MS, pollMs: 100 });
  }

  async stop() {
    await this.hearth("daemon", "stop");
  }

  /** Resolves when so many agents run. A daemon that is busy starting them may not answer at once. */
  async allRunning(count) {
    const isSo = async () => {
      const answer = await this.hearth("status", "--json").catch(() => null);
      return answer !== null && JSON.parse(answer).daemon.agents.byState.running === count;
    };
    await until(isSo, { what: `${count} agents run`, deadlineMs: ANSWER_DEADLINE_MS, pollMs: 100 });
  }
}
