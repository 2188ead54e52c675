// Proves, where it can, that everything younger than a process has a higher PID, so that a scan need not read the rest.
import { readProcFile } from "./proc-files.js";

/** The smallest `pid_max` Linux comes with. */
const FEWEST_PIDS = 32_768;
/** A task holds on to at most three numbers: its own, its group's and its session's. */
const PIDS_HELD_BY_A_TASK = 3;

/** Tasks started since boot; null where the kernel does not tell. */
export type ForkCount = number | null;

/** Reads how many tasks were started since boot. Costs a few dozen microseconds. */
export function countForks(): ForkCount {
  const count = /^processes (\d+)$/m.exec(readProcFile("/proc/stat")?.toString("latin1") ?? "")?.[1];
  return count === undefined ? null : Number(count);
}

/**
 * A PID at or below which nothing can be younger than `pid`; 0 when that cannot be proved. PIDs are handed out in rising
 * order until they wrap, so it holds when the numbers handed out since then are explained by the tasks started since then
 * and are too few to have wrapped.
 *
 * @param before forks counted at any time before `pid` was started
 */
export function nothingYoungerUpTo(pid: number, { before, now }: { before: ForkCount; now: ForkCount }): number {
  if (before === null || now === null) return 0;
  const allocation = readAllocation();
  if (allocation === null) return 0;
  const mostHandedOut = now - before + PIDS_HELD_BY_A_TASK * allocation.tasks;
  const handedOut = allocation.lastPid - pid;
  return handedOut >= 0 && handedOut <= mostHandedOut && mostHandedOut < FEWEST_PIDS / 2 ? pid : 0;
}

/** From "0.42 0.15 0.06 1/93 15858": how many tasks there are, and the last PID handed out. */
function readAllocation(): { readonly tasks: number; readonly lastPid: number } | null {
  const [, tasks, lastPid] = /\/(\d+) (\d+)\s*$/.exec(readProcFile("/proc/loadavg")?.toString("latin1") ?? "") ?? [];
  return tasks === undefined || lastPid === undefined ? null : { tasks: Number(tasks), lastPid: Number(lastPid) };
}
