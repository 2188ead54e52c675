// Starts a hook on Windows. Nothing there ends it when its daemon has died: it ends by itself.
import { findProgram, pathOf } from "./command-windows.js";
import type { HookCommand, HookProcess } from "./hook-process.js";
import { spawnThroughShell } from "./shell-windows.js";

/** @throws LaunchError when the working directory or the program is missing */
export function spawnHook({ argv: [name, ...args], cwd, env }: HookCommand): HookProcess {
  const program = findProgram({ program: name, cwd, path: pathOf(env) });
  return spawnThroughShell([program, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "ignore"],
    redirection: "2>&1",
  }) as HookProcess;
}
