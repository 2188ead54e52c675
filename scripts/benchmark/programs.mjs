// Starts and ends what is compared: Hearth's daemon and the bare servers.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "../../dist/client.js";
import { mark } from "./processes.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);

export const HEARTH = join(root, "dist/hearth.cjs");
export const HEARTHD = join(root, "dist/hearthd.cjs");
/** What Node is given for hearthd, as the client gives it. */
export const NODE_ARGUMENTS = ["--max-semi-space-size=4"];

/** An agent that does nothing, in every process manager. */
const IDLE = { command: "sleep", argument: "1000000" };
const ANSWER_DEADLINE_MS = 60_000;

/** What is measured runs in the caller's environment without what slows Node down or leads to another daemon. */
export function measuredEnvironment() {
  const unwanted = (name) => name.startsWith("HEARTH_") || name.startsWith("PM2_") || name === "NODE_EXTRA_CA_CERTS";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !unwanted(name)));
}

/** A program in this folder's floors/, listening on a socket of its own. */
export async function startFloor(file, { socketPath, env = {}, defer }) {
  const program = fileURLToPath(new URL(`floors/${file}`, import.meta.url));
  const child = spawn(process.execPath, [program, socketPath], {
    env: { ...measuredEnvironment(), ...env },
    stdio: ["ignore", "pipe", "inherit"],
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
    const deadline = performance.now() + ANSWER_DEADLINE_MS;
    while (existsSync(`/proc/${pid}`)) {
      if (performance.now() > deadline) throw new Error(`the daemon ${pid} does not end`);
      await delay(1);
    }
  }

  /** Starts the next daemon, without waiting for anything. */
  launch() {
    const options = { env: this.environment, stdio: "ignore", detached: true };
    spawn(process.execPath, [...NODE_ARGUMENTS, HEARTHD, "--home", this.#home], options).unref();
  }

  /** Defines more agents in the same daemon and starts them. */
  async growTo(agents) {
    writeFileSync(join(this.#home, "hearth.toml"), idleAgents(agents));
    await this.hearth("daemon", "reload");
    await this.hearth("start", "--all");
    await this.allRunning(agents);
  }

  /** Resolves when the daemon answers. */
  async answers() {
    const deadline = performance.now() + ANSWER_DEADLINE_MS;
    const ask = () => this.hearth("status", "--json").then(Boolean, () => false);
    while (!(await ask())) {
      if (performance.now() > deadline) throw new Error("the daemon does not answer");
      await delay(100);
    }
  }

  async stop() {
    await this.hearth("daemon", "stop");
  }

  /** Resolves when so many agents run. */
  async allRunning(count) {
    const deadline = performance.now() + ANSWER_DEADLINE_MS;
    for (;;) {
      const { daemon } = JSON.parse(await this.hearth("status", "--json"));
      if (daemon.agents.byState.running === count) return;
      if (performance.now() > deadline) throw new Error(`${count} agents did not start`);
      await delay(100);
    }
  }
}
