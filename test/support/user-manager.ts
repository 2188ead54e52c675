// A real systemd user instance of a test's own, in a container: nothing of it is left, and the machine's own is not met.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Container, canContain } from "./container.js";
import { newHome } from "./daemon.js";
import { eventually } from "./deadline.js";

const SYSTEMD = "/lib/systemd/systemd";
const CGROUPS = "/sys/fs/cgroup";

/** It takes root, systemd, and a cgroup2 hierarchy in which cgroups can be made. */
export const canRunUserManager = canContain && makesCgroups();

export class UserManager {
  readonly #container: Container;
  /** The user's home directory, where the units go. */
  readonly userHome: string;

  /** Gives `work` a user instance that runs, and ends it with all that it has started. */
  static async use(work: (manager: UserManager) => Promise<void>): Promise<void> {
    const userHome = newHome("user-");
    const cgroup = `hearth-test-${process.pid}`;
    try {
      await Container.use(async (container) => {
        await container.run(setUp(cgroup));
        const manager = new UserManager(container, userHome);
        await manager.run(`${SYSTEMD} --user >$HOME/systemd.log 2>&1 &`);
        await eventually(() => manager.#answers(), "systemd runs");
        await work(manager);
      });
    } finally {
      await eventually(() => withCgroups(`find ${cgroup} -depth -type d -exec rmdir {} +`), "the cgroups are gone");
    }
  }

  private constructor(container: Container, userHome: string) {
    this.#container = container;
    this.userHome = userHome;
  }

  /** Runs lines of shell as after a login; rejects when the last one fails. */
  run(script: string): Promise<string> {
    return this.#container.run(`export HOME=${this.userHome} XDG_RUNTIME_DIR=/run/user/0\n${script}`);
  }

  /** One property of a unit. */
  async show(unit: string, property: string): Promise<string> {
    return this.run(`systemctl --user show --value --property=${property} '${unit}'`);
  }

  /** A file of the user's own units. */
  unitFile(name: string): string {
    return join(this.userHome, ".config/systemd/user", name);
  }

  async #answers(): Promise<boolean> {
    return /^(running|degraded)$/m.test(await this.run("systemctl --user is-system-running 2>&1 || true"));
  }
}

/** What systemd asks for: the word that the machine was booted with it, a runtime directory, and a cgroup of its own. */
function setUp(cgroup: string): string {
  return `
    set -e
    mount -t tmpfs tmpfs /run
    mkdir -p /run/systemd/system
    mkdir -p -m 700 /run/user/0
    mount -t cgroup2 none ${CGROUPS}
    mkdir ${CGROUPS}/${cgroup}
    echo 1 >${CGROUPS}/${cgroup}/cgroup.procs`;
}

function makesCgroups(): boolean {
  const probe = `hearth-test-probe-${process.pid}`;
  return withCgroups(`[ -x ${SYSTEMD} ] && mkdir ${probe} && rmdir ${probe}`);
}

/** Runs a line of shell where the cgroups are. */
function withCgroups(script: string): boolean {
  const command = `mount -t cgroup2 none ${CGROUPS} && cd ${CGROUPS} && ${script}`;
  return spawnSync("unshare", ["--mount", "/bin/sh", "-c", command], { stdio: "ignore" }).status === 0;
}
