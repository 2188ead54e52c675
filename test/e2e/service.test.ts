// The daemon as a service of a real systemd user instance: installed, restarted, stopped, started on first use.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentStatus } from "../../protocol/methods.js";
import { hearth } from "../cli/hearth.js";
import { configure, newHome, readDescriptor, runDaemon, sh } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { processesOf } from "../support/processes.js";
import { canRunUserManager, UserManager } from "../support/user-manager.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");
const CONFIG = { agents: { a: sh("exec sleep 600", { autostart: true }) } };
/** Whatever means something in a unit: quotes, specifiers, variables, escapes, comments. */
const ODD = `o'd 100%h $PATH \\x41 ;#ü-`;

interface Report {
  readonly name: string;
  readonly pid: number;
  readonly files: readonly string[];
}

/** A home whose daemon is, or becomes, a service. */
class Served {
  constructor(
    readonly manager: UserManager,
    readonly home = newHome(),
  ) {
    configure(home, CONFIG);
  }

  /** What a command prints, after which its exit code stands in a line of its own. */
  run(line: string): Promise<string> {
    return this.manager.run(`${this.#hearth(line)}; echo "code $?"`);
  }

  /** What a command prints with --json; rejects with its notes when it fails. */
  async json<T>(line: string): Promise<T> {
    const command = this.#hearth(`${line} --json 2>"$HOME/notes" || { cat "$HOME/notes"; exit 1; }`);
    return JSON.parse(await this.manager.run(command)) as T;
  }

  /** The agent's session, once there is one. */
  async session(): Promise<Pick<AgentStatus, "pid" | "incarnation">> {
    const { agents } = await this.json<{ agents: AgentStatus[] }>("start a");
    return { pid: agents[0]?.pid ?? null, incarnation: agents[0]?.incarnation ?? 0 };
  }

  install(): Promise<Report> {
    return this.json<Report>("service install");
  }

  #hearth(line: string): string {
    return `${process.execPath} ${HEARTH} --home '${this.home.replaceAll("'", "'\\''")}' ${line}`;
  }

  get pid(): number {
    return readDescriptor(join(this.home, "daemon.json")).pid;
  }

  get inode(): number {
    return statSync(join(this.home, "daemon.sock")).ino;
  }
}

describe.runIf(canRunUserManager)("as a service of systemd [needs cgroup2 and root]", () => {
  test("a daemon that runs makes way for it; restarts and kill -9 are systemd's to mend; the agents go on", async () => {
    await UserManager.use(async (manager) => {
      const served = new Served(manager);
      await served.run("daemon start");
      const session = await served.session();
      const installed = await served.install();
      expect(installed).toMatchObject({ installed: true, enabled: true, active: true, pid: served.pid });
      const { inode } = served;
      expect(await served.install()).toEqual(installed);

      await served.json("daemon restart");
      const restarted = served.pid;
      expect(restarted).not.toBe(installed.pid);
      expect(Number(await manager.show(`${installed.name}.service`, "MainPID"))).toBe(restarted);
      await manager.run(`kill -KILL ${restarted}`);
      await eventually(() => served.pid !== restarted, "systemd has started the next daemon");
      expect(await served.session()).toEqual(session);
      expect(served.inode).toBe(inode);

      // A name that somebody deletes can't be given to systemd's socket again; the daemon, and the next one, have one of their own.
      rmSync(join(served.home, "daemon.sock"));
      await eventually(() => existsSync(join(served.home, "daemon.sock")), "the name is back");
      await served.json("daemon restart");
      expect(await served.session()).toEqual(session);
      expect(await served.run("daemon stop")).toContain("code 0");
    });
  });

  test("stopped it stays, until it is started; a first call starts it where only its socket is", async () => {
    await UserManager.use(async (manager) => {
      const served = new Served(manager);
      const { name, files } = await served.install();
      const session = await served.session();
      const state = async () => {
        const [service, socket] = [`${name}.service`, `${name}.socket`];
        return [await manager.show(service, "ActiveState"), await manager.show(socket, "ActiveState")];
      };
      expect(await served.run("daemon stop --keep-agents")).toContain("code 0");
      expect(await state()).toEqual(["inactive", "inactive"]);
      expect(await served.run("status")).toContain("code 3");
      expect(await served.run("daemon start")).toContain("code 0");
      expect(await served.session()).toEqual(session);
      expect(await served.run("daemon stop")).toContain("code 0");
      expect(await state()).toEqual(["inactive", "inactive"]);
      expect(processesOf(served.home)).toEqual([]);

      await manager.run(`systemctl --user start ${name}.socket`);
      expect(await served.json("status")).toMatchObject({ agents: [{ agent: "a" }] });
      expect(await state()).toEqual(["active", "active"]);

      const running = await served.session();
      expect(await served.run("service uninstall")).toContain("installed  no\ncode 0");
      expect(files.filter((file) => existsSync(file))).toEqual([]);
      expect(await state()).toEqual(["inactive", "inactive"]);
      expect(await served.session()).toEqual(running);
      expect(await served.run("service uninstall")).toContain("installed  no\ncode 0");
      expect(await served.run("daemon stop")).toContain("code 0");
    });
  });

  test("a wrong configuration is named, 78, and systemd does not try it again", async () => {
    await UserManager.use(async (manager) => {
      const served = new Served(manager);
      const { name } = await served.install();
      await served.run("daemon stop");
      configure(served.home, "[agents.a]\ncomand = 'true'\n");
      expect(await served.run("daemon start")).toMatch(/hearth\.toml:2:1.*\ncode 78$/s);
      expect(await manager.show(`${name}.service`, "ActiveState")).toBe("failed");
      expect(await served.run("status")).toContain("code 1");
      expect(await manager.show(`${name}.service`, "NRestarts")).toBe("0");
      configure(served.home, CONFIG);
      expect(await served.run("daemon start")).toContain("code 0");
      await served.run("daemon stop");
    });
  });

  test("its home may have any name", async () => {
    await UserManager.use(async (manager) => {
      const served = new Served(manager, newHome(ODD));
      await served.install();
      const { daemon } = await served.json<{ daemon: { home: string; socketPath: string } }>("status");
      expect(daemon).toMatchObject({ home: served.home, socketPath: join(served.home, "daemon.sock") });
      await served.run("daemon stop");
    });
  });
});

describe("the units", () => {
  test.each(["plain-", `${ODD}"q"-`])(
    "of a home named %s… pass systemd-analyze verify without a word",
    async (name) => {
      const home = newHome(name);
      const { code, json } = await hearth(["service", "install", "--print", "--json", "--home", home]);
      const { files } = json<{ files: { path: string; text: string }[] }>();
      const units = files.map(({ path, text }) => {
        const unit = join(home, basename(path));
        writeFileSync(unit, text);
        return unit;
      });
      expect({ code, kinds: units.map((unit) => unit.split(".").at(-1)) }).toEqual({
        code: 0,
        kinds: ["service", "socket"],
      });
      const env = { ...process.env, SYSTEMD_UNIT_PATH: `${home}:`, XDG_RUNTIME_DIR: home };
      expect(execFileSync("systemd-analyze", ["--user", "verify", ...units], { env, encoding: "utf8" })).toBe("");
    },
  );
});

test("the journal gets the daemon's log with priorities", async () => {
  const home = newHome();
  const journal = join(home, "journal");
  const says = (what: RegExp) => what.test(readFileSync(journal, "utf8"));
  const before = `exec 2>'${journal}'; export JOURNAL_STREAM="$(stat -c %d:%i '${journal}')"`;
  const launched = runDaemon({ home, before });
  await eventually(() => existsSync(journal) && says(/^<6>{.*"the daemon has started"/m), "the daemon has started");
  const { pid } = readDescriptor(join(home, "daemon.json"));
  rmSync(join(home, "daemon.json"));
  await eventually(() => says(/^<4>{.*"level":"warn"/m), "it has warned");
  process.kill(pid);
  expect(await launched).toMatchObject({ code: 0 });
});

describe("without a user instance of systemd", () => {
  test.each([
    ["there is no such instance", {}, "Failed to connect to bus"],
    ["there is no systemd", { PATH: "/nonexistent" }, "systemctl was not found"],
  ])("%s: installing says so, names --print, and changes nothing", async (_what, env, why) => {
    const home = newHome();
    const config = join(home, "config");
    mkdirSync(config);
    const nowhere = { XDG_CONFIG_HOME: config, XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: "", ...env };
    const refused = await hearth(["service", "install", "--home", home], { env: nowhere });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
    expect(refused.stderr).toContain("hearth service install --print");
    expect(existsSync(join(config, "systemd"))).toBe(false);
  });

  test("a service that was installed keeps nobody from starting and stopping the daemon", async () => {
    const home = newHome();
    const env = { XDG_CONFIG_HOME: join(home, "config"), XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: "" };
    const printed = await hearth(["service", "install", "--print", "--json", "--home", home], { env });
    mkdirSync(join(home, "config/systemd/user"), { recursive: true });
    for (const { path, text } of printed.json<{ files: { path: string; text: string }[] }>().files) {
      writeFileSync(path, text);
    }
    const status = await hearth(["service", "status", "--json", "--home", home], { env });
    expect(status.json()).toMatchObject({ installed: true, enabled: null, active: null });
    expect(await hearth(["daemon", "start", "--home", home], { env })).toMatchObject({ code: 0 });
    const stopped = await hearth(["daemon", "stop", "--home", home], { env });
    expect(stopped).toMatchObject({ code: 0, stderr: expect.stringContaining("doing without the service") });
  });
});
