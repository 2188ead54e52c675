// systemd's user instance as the service manager (Linux).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { mustRun, type RunTool } from "./run-tool.js";
import type { Service, ServiceManager, ServiceState } from "./service.js";
import { noServiceManager } from "./service-error.js";
import { serviceUnit, socketUnit } from "./systemd-units.js";

export interface SystemdSurroundings {
  /** Where the user's own units are. */
  readonly unitDirectory: string;
  /** Whether the user's instance runs without a login. */
  readonly isLingering: () => boolean;
  readonly run: RunTool;
}

const LINGER = "it ends when you log out; to have it from boot on, also without a login, run `loginctl enable-linger`";

/** Where systemd looks for the units of a user. */
export function unitDirectory(env: Readonly<Record<string, string | undefined>>, userHome: string): string {
  return join(env.XDG_CONFIG_HOME || join(userHome, ".config"), "systemd", "user");
}

/** systemctl finds the user's instance through this variable, which su, sudo and cron leave out. */
export function withRuntimeDirectory(env: NodeJS.ProcessEnv, uid: number): NodeJS.ProcessEnv {
  const usual = `/run/user/${uid}`;
  return env.XDG_RUNTIME_DIR || !existsSync(usual) ? env : { ...env, XDG_RUNTIME_DIR: usual };
}

/** Where systemd-logind notes who asked for `loginctl enable-linger`. */
export function isLingering(userName: string): boolean {
  return existsSync(join("/var/lib/systemd/linger", userName));
}

export function systemd({ unitDirectory, isLingering, run }: SystemdSurroundings): ServiceManager {
  const systemctl = (...args: readonly string[]) => mustRun(run, "systemctl", ["--user", ...args]);
  return {
    name: "systemd",
    files: (service) => [
      { path: join(unitDirectory, `${service.name}.service`), text: serviceUnit(service) },
      { path: join(unitDirectory, `${service.name}.socket`), text: socketUnit(service) },
    ],
    async assertPresent() {
      const { code, complaint } = await run("systemctl", ["--user", "show", "--property=Version"]);
      if (code !== 0) throw noServiceManager("systemd user instance", complaint);
    },
    async enable(service) {
      await systemctl("daemon-reload");
      await systemctl("enable", ...units(service));
    },
    async disable(service) {
      const present = units(service).filter((unit) => existsSync(join(unitDirectory, unit)));
      if (present.length > 0) await systemctl("disable", ...present);
    },
    async forget() {
      await systemctl("daemon-reload");
    },
    async start(service) {
      // One that failed too often would be refused; it has nothing to forget when it did not.
      await run("systemctl", ["--user", "reset-failed", ...units(service)]);
      await systemctl("start", `${service.name}.service`);
    },
    async closeSocket({ name }) {
      await systemctl("stop", `${name}.socket`);
    },
    async stop(service) {
      await systemctl("stop", ...units(service));
    },
    async state({ name }) {
      const properties = ["UnitFileState", "ActiveState", "MainPID"];
      return parseState(await systemctl("show", `--property=${properties.join(",")}`, `${name}.service`));
    },
    advice: () => (isLingering() ? [] : [LINGER]),
  };
}

function units({ name }: Service): [string, string] {
  return [`${name}.socket`, `${name}.service`];
}

/** Reads what `systemctl show` prints: a property a line. */
export function parseState(text: string): ServiceState {
  const value = (property: string): string => new RegExp(`^${property}=(.*)$`, "m").exec(text)?.[1] ?? "";
  const pid = Number(value("MainPID"));
  return {
    enabled: value("UnitFileState") === "enabled",
    active: ["active", "activating", "reloading"].includes(value("ActiveState")),
    pid: pid > 0 ? pid : null,
  };
}
