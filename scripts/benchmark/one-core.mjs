// Holds processes on one core while something is measured between them.

import { execFileSync } from "node:child_process";

/**
 * Runs `measure` with these processes, and this one, on the first core. What is then compared is the work of a call; left to
 * the scheduler, waking the other side on another core costs several times as much in one run and nothing in the next.
 * Where taskset(1) is missing they stay where they are.
 */
export async function onOneCore(pids, measure) {
  const all = [process.pid, ...pids];
  const before = all.map((pid) => affinity(pid));
  for (const pid of all) setAffinity(pid, "1");
  try {
    return await measure();
  } finally {
    for (const [index, pid] of all.entries()) if (before[index] !== null) setAffinity(pid, before[index]);
  }
}

function affinity(pid) {
  const answer = taskset("-p", String(pid));
  return answer === null ? null : (/: ([0-9a-f]+)\s*$/.exec(answer)?.[1] ?? null);
}

function setAffinity(pid, mask) {
  taskset("-a", "-p", mask, String(pid));
}

function taskset(...args) {
  try {
    return execFileSync("taskset", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}
