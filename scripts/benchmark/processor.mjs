// How much processor time a process has used.

import { readdirSync, readFileSync } from "node:fs";

const NANOSECONDS = 1e9;

/** Seconds that all threads of a process have run so far, to the nanosecond. */
export function processorSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + threadSeconds(pid, thread), 0);
}

/** A thread that ended since it was listed has nothing to add. */
function threadSeconds(pid, thread) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / NANOSECONDS;
  } catch {
    return 0;
  }
}
