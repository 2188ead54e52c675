// A program that writes to a log, and the simplest real way to hold it still: stopped by its PID, let go by a guard.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { HoldStill } from "../../src/logs/stillness.js";

/** Starts a program whose output is appended to a log, as a session's is. */
export function startProducer(log: string, [command, ...args]: readonly [string, ...string[]]): ChildProcess {
  const output = openSync(log, "a");
  const child = spawn(command, args, { stdio: ["ignore", output, "inherit"] });
  closeSync(output);
  return child;
}

/** How long a pause lasted, from the signal to the end of it, in milliseconds. */
export type PauseEnded = (pausedMs: number) => void;

/** Holds one process still, whether or not it has ended. */
export function holdStill(pid: number, ended: PauseEnded = () => {}): HoldStill {
  return async ({ record, work }) => {
    record({ pid });
    const begun = performance.now();
    signal(pid, "SIGSTOP");
    try {
      while (!isStopped(pid)) await new Promise((resolve) => setImmediate(resolve));
      await work({ cut: (target) => cut(pid, target) });
    } finally {
      signal(pid, "SIGCONT");
      ended(performance.now() - begun);
    }
  };
}

/** Empties, marks, lets go: in a process of its own. */
async function cut(pid: number, { file, mark }: { readonly file: string; readonly mark: string }): Promise<void> {
  const script = ': >"$1" && : >"$2" && { kill -CONT "$3" 2>/dev/null || :; }';
  const guard = spawn("/bin/sh", ["-c", script, "guard", file, mark, String(pid)], { stdio: "inherit" });
  const [code] = await once(guard, "close");
  if (code !== 0) throw new Error(`the guard ended with ${code}`);
}

/** A process that has ended writes no more, too. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^[TtZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return true;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
