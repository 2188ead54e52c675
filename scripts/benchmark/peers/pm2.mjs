// pm2 in fork mode, as it runs what is not Node.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Peer } from "./peer.mjs";

const PID_FILE = "pm2.pid";

export class Pm2Peer extends Peer {
  configure(programs) {
    const apps = programs.map(({ name, script }) => ({
      name,
      script,
      interpreter: "none",
      max_restarts: 100_000,
      out_file: this.logFile(name),
      error_file: this.logFile(name),
    }));
    writeFileSync(this.#config, JSON.stringify({ apps }));
  }

  get environment() {
    return { ...super.environment, PM2_HOME: this.home };
  }

  supervisors() {
    const file = join(this.home, PID_FILE);
    return existsSync(file) ? [Number(readFileSync(file, "utf8"))] : [];
  }

  get statusCommand() {
    return [process.execPath, this.tools.pm2, "jlist"];
  }

  async start() {
    await this.#pm2("start", this.#config);
  }

  async startEmpty() {
    await this.#pm2("ping");
  }

  async prepareRecovery() {
    await this.#pm2("save");
  }

  async recover() {
    await this.#pm2("resurrect");
  }

  async stopAll() {
    await this.#pm2("stop", "all");
  }

  async supervised() {
    return JSON.parse(await this.#pm2("jlist")).map(({ pid }) => pid);
  }

  logFile(name) {
    return join(this.home, `${name}.log`);
  }

  get #config() {
    return join(this.home, "programs.config.json");
  }

  #pm2(...args) {
    return this.run(process.execPath, this.tools.pm2, ...args);
  }
}
