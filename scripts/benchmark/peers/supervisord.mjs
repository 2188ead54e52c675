// supervisord, with its defaults but for limits that would end a benchmark.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../processes.mjs";
import { Peer } from "./peer.mjs";

export class SupervisordPeer extends Peer {
  configure(programs) {
    const program = ({ name, script }) =>
      section(`program:${name}`, {
        command: script,
        redirect_stderr: "true",
        stdout_logfile: this.logFile(name),
        stdout_logfile_maxbytes: "0",
      });
    const sections = [
      section("unix_http_server", { file: this.#socket }),
      section("supervisord", {
        logfile: join(this.home, "supervisord.log"),
        pidfile: join(this.home, "supervisord.pid"),
        minfds: "10000",
        minprocs: "10",
      }),
      section("rpcinterface:supervisor", {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
      }),
      section("supervisorctl", { serverurl: `unix://${this.#socket}` }),
      ...programs.map(program),
    ];
    writeFileSync(this.#config, sections.join("\n"));
  }

  get environment() {
    return { ...super.environment, ...this.tools.supervisor.environment };
  }

  supervisors() {
    return this.named(["supervisord", "python3"]);
  }

  get statusCommand() {
    return [...this.tools.supervisor.supervisorctl, "-c", this.#config, "status"];
  }

  async start() {
    this.launchInForeground(...this.tools.supervisor.supervisord, "-n", "-c", this.#config);
  }

  async startEmpty() {
    await this.start();
    await until(() => this.#answers(), { what: "supervisord answers", pollMs: 50 });
  }

  async recover() {
    await this.startEmpty();
  }

  async stopAll() {
    await this.#supervisorctl("stop", "all");
  }

  /** supervisorctl says by its exit code when not all programs run. */
  async supervised() {
    const status = await this.#supervisorctl("status").catch(({ stdout }) => stdout);
    return Array.from(status.matchAll(/RUNNING\s+pid (\d+)/g), ([, pid]) => Number(pid));
  }

  logFile(name) {
    return join(this.home, `${name}.log`);
  }

  get #config() {
    return join(this.home, "supervisord.conf");
  }

  get #socket() {
    return join(this.home, "s.sock");
  }

  async #answers() {
    return this.#supervisorctl("pid").then(Boolean, () => false);
  }

  #supervisorctl(...args) {
    return this.run(...this.tools.supervisor.supervisorctl, "-c", this.#config, ...args);
  }
}

function section(name, options) {
  const lines = Object.entries(options).map(([option, value]) => `${option}=${value}`);
  return `[${name}]\n${lines.join("\n")}\n`;
}
