// Starts a small program in a process group of its own, and ends that.
import { type ChildProcess, spawn } from "node:child_process";

export interface Program {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Complete. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts it with nothing on its streams; what is wrong with it is told by its `error` event, or thrown. */
export function spawnProgram({ argv: [program = "", ...args], cwd, env }: Program): ChildProcess {
  return spawn(program, args, { cwd, env, stdio: "ignore", detached: true });
}

/** SIGKILL to the process group that a child leads; its number is nobody else's as long as its end was not told. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended at this very moment.
  }
}
