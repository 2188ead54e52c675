// Looks for the doctor at what happens at login and logout, changing nothing.
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { namesIn } from "../../client/lock-file.js";
import { readOrdinaryFile } from "../../client/ordinary-file.js";
import { runBounded } from "../bounded-program.js";
import type { LoginFacts, ServiceFact } from "./login.js";
import { killsAtLogout } from "./logind.js";

export interface LoginLook {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths of the home, by any of which a service may name it. */
  readonly homes: readonly string[];
  readonly daemonPid: number | null;
  readonly timeoutMs: number;
}

export async function lookAtLogin(look: LoginLook): Promise<LoginFacts> {
  const user = userName();
  return {
    isSystemd: existsSync("/run/systemd/system"),
    services: await services(look),
    lingers: user === null ? null : existsSync(join("/var/lib/systemd/linger", user)),
    killsAtLogout: killsAtLogout(logindTexts(), user ?? ""),
    controlGroup: controlGroup(look.daemonPid),
  };
}

/** Null for a user number without a name, as containers have. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

async function services(look: LoginLook): Promise<ServiceFact[]> {
  const found = unitDirectories(look.env).flatMap((directory) =>
    namesIn(directory)
      .filter((name) => name.endsWith(".service"))
      .flatMap((unit) => hearthUnit(directory, unit, look.homes)),
  );
  return Promise.all(found.map(async (unit) => ({ ...unit, state: await unitState(unit.unit, look) })));
}

function unitDirectories({ XDG_CONFIG_HOME, HOME }: LoginLook["env"]): string[] {
  const configuration = XDG_CONFIG_HOME || (HOME ? join(HOME, ".config") : null);
  return configuration === null ? [] : [join(configuration, "systemd", "user")];
}

function hearthUnit(
  directory: string,
  unit: string,
  homes: readonly string[],
): Pick<ServiceFact, "unit" | "isForThisHome">[] {
  const read = readOrdinaryFile(join(directory, unit));
  if (!("text" in read) || !read.text.includes("hearthd")) return [];
  const words = read.text.split(/[\s"'=]+/);
  return [{ unit, isForThisHome: homes.some((home) => words.includes(home)) }];
}

async function unitState(unit: string, { env, timeoutMs }: LoginLook): Promise<ServiceFact["state"]> {
  const args = ["--user", "show", "--property=ActiveState,UnitFileState", unit];
  const ran = await runBounded("systemctl", args, { env, timeoutMs });
  if (ran.outcome !== "ended" || ran.code !== 0) return null;
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(ran.stdout)?.[1] || "unknown";
  return { active: value("ActiveState"), enabled: value("UnitFileState") };
}

/** Drop-ins of one name are read from the first of these directories that has it, all of them by name, after the file. */
const LOGIND_PLACES = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

function logindTexts(): string[] {
  const file = LOGIND_PLACES.map((place) => join(place, "logind.conf")).find((path) => existsSync(path));
  const dropIns = new Map<string, string>();
  for (const place of LOGIND_PLACES.toReversed()) {
    const directory = join(place, "logind.conf.d");
    for (const name of namesIn(directory)) if (name.endsWith(".conf")) dropIns.set(name, join(directory, name));
  }
  const inOrder = [...dropIns].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [...(file === undefined ? [] : [file]), ...inOrder].flatMap((path) => {
    const read = readOrdinaryFile(path);
    return "text" in read ? [read.text] : [];
  });
}

/** The one of systemd's own hierarchy. */
function controlGroup(daemonPid: number | null): string | null {
  const read = readOrdinaryFile(`/proc/${daemonPid ?? "self"}/cgroup`);
  return "text" in read ? (/^(?:0|\d+:name=systemd):+(.*)$/m.exec(read.text)?.[1] ?? null) : null;
}
