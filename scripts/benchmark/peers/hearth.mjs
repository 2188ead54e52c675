// Hearth, asked what its peers are asked.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HEARTH } from "../programs.mjs";
import { Peer } from "./peer.mjs";

export class HearthPeer extends Peer {
  configure(programs) {
    const agent = ({ name, script }) =>
      `[agents.${name}]\ncommand = ${JSON.stringify([script])}\nautostart = true\n` +
      'restart = { policy = "always", max_attempts = 100000, backoff = "0s", jitter = 0 }\n';
    const config = `daemon.log_max_size = "1000GB"\n${programs.map(agent).join("\n")}`;
    writeFileSync(join(this.home, "hearth.toml"), config);
  }

  get environment() {
    return { ...super.environment, HEARTH_HOME: this.home };
  }

  supervisors() {
    return [JSON.parse(readFileSync(join(this.home, "daemon.json"), "utf8")).pid];
  }

  get statusCommand() {
    return [process.execPath, HEARTH, "status", "--json"];
  }

  async start() {
    await this.#hearth("daemon", "start");
  }

  async startEmpty() {
    await this.start();
  }

  async recover() {
    await this.start();
  }

  async stopAll() {
    await this.#hearth("stop", "--all");
  }

  async supervised() {
    const { agents } = JSON.parse(await this.#hearth("status", "--json"));
    return agents.map(({ pid }) => pid);
  }

  logFile(name) {
    return join(this.home, "logs", "agents", `${name}.log`);
  }

  #hearth(...args) {
    return this.run(process.execPath, HEARTH, ...args);
  }
}
