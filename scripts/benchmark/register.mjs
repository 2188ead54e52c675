// Where supervised programs write down their PIDs as they start: the same proof of a start for every supervisor.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { marked, until } from "./processes.mjs";

const SLEEP = "exec sleep 1000000";
const START_DEADLINE_MS = 180_000;

export class Register {
  #home;
  #file;
  #name;

  constructor(home, name = "programs") {
    this.#home = home;
    this.#name = name;
    this.#file = join(home, `${name}.register`);
    writeFileSync(this.#file, "");
  }

  /** A script that does nothing but stay. */
  idle() {
    return this.#script(SLEEP);
  }

  /** A script that prints a line five times a second for as long as somebody reads them. */
  printing() {
    return this.#script("while echo tick; do sleep 0.2; done");
  }

  /** A script that prints so many bytes in lines of a hundred, once, and stays after its restart. */
  producing(bytes) {
    const line = "x".repeat(99);
    return this.#script(`[ -e "$0.done" ] && ${SLEEP}\n: > "$0.done"\nyes ${line} | head -c ${bytes}`);
  }

  /** In the order of their starts. */
  pids() {
    return readFileSync(this.#file, "utf8").split("\n").filter(Boolean).map(Number);
  }

  alive() {
    const living = new Set(marked(this.#home));
    return this.pids().filter((pid) => living.has(pid));
  }

  /** Resolves when so many programs have started since the benchmark began. */
  async started(count) {
    const what = `${count} programs of ${this.#home} start`;
    await until(() => this.pids().length >= count, { what, deadlineMs: START_DEADLINE_MS });
  }

  async allGone() {
    const what = `the programs of ${this.#home} end`;
    await until(() => this.alive().length === 0, { what, deadlineMs: START_DEADLINE_MS, pollMs: 5 });
  }

  #script(body) {
    const path = join(this.#home, `${this.#name}.sh`);
    writeFileSync(path, `#!/bin/sh\necho $$ >> '${this.#file}'\n${body}\n`, { mode: 0o755 });
    return path;
  }
}
