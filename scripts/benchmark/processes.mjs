// The processes of one benchmark, found by a mark in their environment, whoever started them.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const MARK = "BENCHMARK_HOME";
const DEADLINE_MS = 30_000;
const POLL_MS = 20;

/** What a process passes on to all that it starts. */
export function mark(home) {
  return { [MARK]: home };
}

/** The PIDs of what carries the mark of this directory or of one within it. Zombies have no environment any more. */
export function marked(home) {
  const entry = `\0${MARK}=${home}`;
  return numericNames("/proc").filter((pid) => {
    const environment = `\0${read(`/proc/${pid}/environ`)}`;
    return environment.includes(`${entry}\0`) || environment.includes(`${entry}/`);
  });
}

/** Ends everything that carries the mark, until nothing is left: what is being started right now comes up in the next turn. */
export async function endMarked(home) {
  const deadline = performance.now() + DEADLINE_MS;
  for (let pids = marked(home); pids.length > 0; pids = marked(home)) {
    if (performance.now() > deadline) throw new Error(`${pids.join(", ")} of ${home} do not end`);
    for (const pid of pids) kill(pid);
    await delay(POLL_MS);
  }
}

/** The program's name, as the kernel keeps it; empty when the process is gone. */
export function nameOf(pid) {
  return read(`/proc/${pid}/comm`).trim();
}

export function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Resolves when `isSo` says so. */
export async function until(isSo, { what, deadlineMs = DEADLINE_MS, pollMs = 1 }) {
  const deadline = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMs / 1_000} s`);
    await delay(pollMs);
  }
}

function numericNames(directory) {
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A process that has ended, or that belongs to another user, has nothing to say. */
function read(file) {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
