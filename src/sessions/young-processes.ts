// Reads only the processes younger than a given one, where the order of PIDs proves which numbers these can have.
import { isExhaustion, readProcFile } from "./proc-files.js";
import type { ProcessTable } from "./process-table.js";
import { readTable } from "./process-table-linux.js";

/** The smallest `pid_max` Linux comes with. */
const FEWEST_PIDS = 32_768;
/** A task holds on to at most three numbers: its own, its group's and its session's. */
const PIDS_HELD_BY_A_TASK = 3;
/** More numbers than this are better looked up in a whole process table, which others may share. */
const MAX_PIDS = 64;
/** Readings after which a machine that never stops forking is left to the whole process table. */
const MAX_READINGS = 5;

/** Tasks started since boot; null where the kernel does not tell. */
export type ForkCount = number | null;

/** Counts the tasks started since boot. Costs a few dozen microseconds. */
export function countForks(): ForkCount {
  const count = /^processes (\d+)$/m.exec(readProcFile("/proc/stat")?.toString("latin1") ?? "")?.[1];
  return count === undefined ? null : Number(count);
}

/**
 * The live processes started after `pid`, or null when they cannot be told by their numbers. This makes the look for
 * leftovers of a crashed process many times cheaper than a whole process table. Numbers are handed out in rising order
 * until they wrap, so those of younger processes lie between `pid` and the last one handed out, provided that the tasks
 * started meanwhile explain how far that is and are too few to have gone once around.
 *
 * @param forksBefore counted at any time before `pid` was started
 * @param forksNow counted after it ended
 */
export function readYounger(pid: number, forksBefore: ForkCount, forksNow: ForkCount): ProcessTable | null {
  if (forksBefore === null || forksNow === null) return null;
  try {
    return readUntilStill(pid, forksNow - forksBefore);
  } catch (error) {
    if (isExhaustion(error)) return null;
    throw error;
  }
}

function readUntilStill(pid: number, forks: number): ProcessTable | null {
  let last = lastYounger(pid, forks);
  for (let reading = 0; last !== null && reading < MAX_READINGS; reading++) {
    const table = readTable(numbersBetween(pid, last));
    // One of them may have forked and ended just before it was read: then a further number has been handed out.
    const lastNow = lastYounger(pid, forks);
    if (lastNow === last) return table;
    last = lastNow;
  }
  return null;
}

/** The last PID handed out, if all that were handed out since `pid` lie between the two. */
function lastYounger(pid: number, forks: number): number | null {
  const allocation = readAllocation();
  if (allocation === null) return null;
  const explained = forks + PIDS_HELD_BY_A_TASK * allocation.tasks;
  const distance = allocation.lastPid - pid;
  const isProved = distance >= 0 && distance <= explained && explained < FEWEST_PIDS / 2;
  return isProved && distance <= MAX_PIDS ? allocation.lastPid : null;
}

/** From "0.42 0.15 0.06 1/93 15858": how many tasks there are, and the last PID handed out. */
function readAllocation(): { readonly tasks: number; readonly lastPid: number } | null {
  const [, tasks, lastPid] = /\/(\d+) (\d+)\s*$/.exec(readProcFile("/proc/loadavg")?.toString("latin1") ?? "") ?? [];
  return tasks === undefined || lastPid === undefined ? null : { tasks: Number(tasks), lastPid: Number(lastPid) };
}

function numbersBetween(below: number, last: number): number[] {
  return Array.from({ length: last - below }, (_, index) => below + 1 + index);
}
