// Tells on Linux whether a process runs or has been stopped, by the state of each of its threads.
import { readdirSync } from "node:fs";
import { hasCode } from "../errno.js";
import { readRunState } from "./identity-linux.js";
import type { Motion } from "./process-entry.js";
import type { ProcessIdentity } from "./session.js";

/** Letters of proc_pid_stat(5). */
const STOPPED = "T";
const TRACED = "t";
/** Stopped, or never to run again. */
const STILL: ReadonlySet<string> = new Set([STOPPED, "Z", "X"]);

/** The process's own state is that of its first thread, which may be stopped while another one is still in a write(2). */
export function readMotion({ pid, start }: ProcessIdentity): Motion {
  const process = readRunState(`/proc/${pid}/stat`);
  if (process === null || process.start !== start || process.state === "X") return "gone";
  if (process.threads > 1) return motionOf(() => readStates(pid));
  return process.state === "Z" ? "gone" : motionOf(() => [process.state]);
}

/** A process that has begun to stop starts no further thread, so the look after the one that shows it misses none. */
function motionOf(look: () => readonly string[]): Motion {
  const states = look();
  if (states.includes(TRACED)) return "traced";
  if (!states.includes(STOPPED)) return "runs";
  return look().every((state) => STILL.has(state)) ? "stopped" : "stopping";
}

function readStates(pid: number): string[] {
  return readThreads(pid).flatMap((thread) => readRunState(`/proc/${pid}/task/${thread}/stat`)?.state ?? []);
}

function readThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return [];
    throw error;
  }
}
