// Looks at the machine's processes the way /proc shows them; zombies have ended and don't count.
import { readdirSync, readFileSync } from "node:fs";

export interface LiveProcess {
  readonly pid: number;
  /** Its command line, for people. */
  readonly command: string;
}

/** Every process whose environment names this home: the daemon, its agents, and whatever those started. */
export function processesOf(home: string): LiveProcess[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const environment = read(`/proc/${pid}/environ`).split("\0");
    if (!environment.includes(`HEARTH_HOME=${home}`)) return [];
    return [{ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() }];
  });
}

export function isRunning(pid: number): boolean {
  return !["", "Z", "X"].includes(stateOf(pid));
}

/** Ends a process by SIGKILL. Throws when there is none: process.kill would take its absence for "whoever runs this test". */
export function kill(pid: number | null | undefined): void {
  if (!pid) throw new Error("there is no process to be killed");
  process.kill(pid, "SIGKILL");
}

/** Halted, as by SIGSTOP. */
export function isStopped(pid: number): boolean {
  return stateOf(pid) === "T";
}

/**
 * For how long the main thread of a process has been at work, in milliseconds: what it takes of a machine's time, however
 * many others want that too. A wait for a disk is not in it.
 */
export function workedMs(pid: number): number {
  return Number(read(`/proc/${pid}/task/${pid}/schedstat`).split(" ")[0]) / 1e6;
}

/** Who is in the session that this process began, as long as anybody is. */
export function sessionMembers(leader: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => isRunning(pid) && sessionOf(pid) === leader);
}

function sessionOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}

/** The letter that proc(5) has for it; empty when the process has ended. */
function stateOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.charAt(stat.lastIndexOf(")") + 2);
}

/** The environment a process was started with. */
export function environmentOf(pid: number): Readonly<Record<string, string>> {
  const entries = read(`/proc/${pid}/environ`).split("\0").filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

/** Empty when the process has ended, or ends while it is being read. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
