// runit: runsvdir, a runsv for each program, and an svlogd for each, since the others keep what a program prints, too.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../processes.mjs";
import { Peer } from "./peer.mjs";

/** sv(8) gives up after seven seconds otherwise. */
const STOP_SECONDS = "60";

export class RunitPeer extends Peer {
  #programs = [];

  configure(programs) {
    this.#programs = programs;
    mkdirSync(this.#services);
    for (const program of programs) this.#configure(program);
  }

  get environment() {
    const environment = super.environment;
    return { ...environment, PATH: `${this.tools.runit}:${environment.PATH}` };
  }

  supervisors() {
    return this.named(["runsvdir", "runsv"]);
  }

  ownProcesses() {
    return this.named(["runsvdir", "runsv", "svlogd"]);
  }

  get isMuteWhenEmpty() {
    return true;
  }

  get statusCommand() {
    return this.#sv("status");
  }

  async start() {
    this.launchInForeground(join(this.tools.runit, "runsvdir"), "-P", this.#services);
  }

  async startEmpty() {
    await this.start();
    await until(() => this.supervisors().length > 0, { what: "runsvdir starts", pollMs: 20 });
  }

  async recover() {
    await this.start();
    await until(() => this.supervisors().length > this.#programs.length, { what: "each runsv starts", pollMs: 20 });
  }

  async stopAll() {
    await this.run(...this.#sv("-w", STOP_SECONDS, "stop"));
  }

  /** sv says by its exit code how many it could not ask. */
  async supervised() {
    const status = await this.run(...this.#sv("status")).catch(({ stdout }) => stdout);
    return Array.from(status.matchAll(/^run: [^:]+: \(pid (\d+)\)/gm), ([, pid]) => Number(pid));
  }

  logFile(name) {
    return join(this.#logs(name), "current");
  }

  get #services() {
    return join(this.home, "services");
  }

  #logs(name) {
    return join(this.home, "logs", name);
  }

  #sv(...args) {
    return [join(this.tools.runit, "sv"), ...args, ...this.#programs.map(({ name }) => join(this.#services, name))];
  }

  /** A service appears at once, complete: runsvdir starts whatever it finds. */
  #configure({ name, script }) {
    const service = join(this.home, "definitions", name);
    mkdirSync(join(service, "log"), { recursive: true });
    mkdirSync(this.#logs(name), { recursive: true });
    writeFileSync(join(this.#logs(name), "config"), "s0\n");
    writeFileSync(join(service, "run"), `#!/bin/sh\nexec 2>&1\nexec '${script}'\n`, { mode: 0o755 });
    writeFileSync(join(service, "log", "run"), `#!/bin/sh\nexec svlogd '${this.#logs(name)}'\n`, { mode: 0o755 });
    symlinkSync(service, join(this.#services, name));
  }
}
