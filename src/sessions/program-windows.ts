// Starts a small program on Windows, and ends it with everything that it started: there are no groups.
import type { ChildProcess } from "node:child_process";
import { findProgram, pathOf } from "./command-windows.js";
import { signalProcess } from "./identity-windows.js";
import { treeOf } from "./members.js";
import { scanProcesses } from "./process-table-windows.js";
import type { Program } from "./program.js";
import { spawnThroughShell } from "./shell-windows.js";

/**
 * Starts it with nothing on its streams.
 * @throws LaunchError when the working directory or the program is missing
 */
export function spawnProgram({ argv: [name = "", ...args], cwd, env }: Program): ChildProcess {
  // Where it lies is not left to cmd.exe, which would look into the working directory first.
  const program = findProgram({ program: name, cwd, path: pathOf(env) });
  return spawnThroughShell([program, ...args], { cwd, env, stdio: "ignore" });
}

/** Ends a child of this process, if it lives, and whoever descends from it. */
export function killGroup(pid: number): void {
  endTree(pid).catch(() => {
    // Without a listing nobody is known whom one could end.
  });
}

async function endTree(pid: number): Promise<void> {
  const identity = { pid, start: String(process.pid), boot: "", init: "" };
  const tree = treeOf(await scanProcesses(), identity);
  await Promise.all(tree.map(({ pid, start }) => signalProcess({ ...identity, pid, start }, "SIGKILL")));
}
