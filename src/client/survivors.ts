// Finds agents that outlived their daemon, for a person who has to decide what becomes of them.
import { readdirSync, readFileSync, realpathSync } from "node:fs";

/** A live process that belongs to an agent of a home. */
export interface Survivor {
  readonly agent: string;
  readonly pid: number;
}

/**
 * Every process whose environment carries this home and an agent's name, the oldest of each agent first. Only Linux shows
 * environments; elsewhere, and of other users' processes, nothing is found.
 */
export function findSurvivors(home: string): Survivor[] {
  const homes = [home, realPath(home)];
  return processIds()
    .flatMap((pid) => survivorAt(pid, homes))
    .sort((a, b) => a.agent.localeCompare(b.agent) || a.pid - b.pid);
}

function survivorAt(pid: number, homes: readonly string[]): Survivor[] {
  const environment = readEnvironment(pid);
  const home = environment.get("HEARTH_HOME");
  const agent = environment.get("HEARTH_AGENT");
  return home !== undefined && agent !== undefined && homes.includes(home) ? [{ agent, pid }] : [];
}

function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readEnvironment(pid: number): Map<string, string> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
  } catch {
    return new Map();
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
