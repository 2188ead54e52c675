// Runs a small program on an agent's behalf: in a process group of its own, for a bounded time, with its output thrown away.
import { spawn } from "node:child_process";
import type { PokeOutcome } from "./session.js";

export interface BoundedCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Complete; holds no token. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, with everything in its process group. */
  readonly signal: AbortSignal;
}

/** Whether it ended with code 0; never rejects, `detail` tells what else happened. */
export async function runBounded(command: BoundedCommand): Promise<PokeOutcome> {
  try {
    return await outcomeOf(command);
  } catch (error) {
    // Some mistakes, such as an environment that is too long, are thrown by spawn itself.
    return { delivered: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function outcomeOf({ argv, cwd, env, signal }: BoundedCommand): Promise<PokeOutcome> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: "ignore", detached: true });
    const callOff = (): void => killGroup(child.pid);
    signal.addEventListener("abort", callOff, { once: true });
    child.once("error", (error) => resolve({ delivered: false, detail: error.message }));
    child.once("exit", (code, ended) => {
      signal.removeEventListener("abort", callOff);
      if (signal.aborted) resolve({ delivered: false, detail: `${program} was ended: ${why(signal)}` });
      else if (code === 0) resolve({ delivered: true });
      else
        resolve({
          delivered: false,
          detail: `${program} ${ended === null ? `exited with code ${code}` : `was ended by ${ended}`}`,
        });
    });
  });
}

function why({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It ended at this very moment.
  }
}
