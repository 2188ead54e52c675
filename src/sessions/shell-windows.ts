// Starts a small program on Windows through cmd.exe, which alone can run a .cmd or .bat.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { commandLineOf } from "../command-line-windows.js";

/** Runs a script of cmd.exe's in which a variable is expanded by `!`: its value is not read as commands again. */
export function spawnShell(
  script: string,
  { env, ...options }: SpawnOptions & { readonly env: Readonly<Record<string, string>> },
): ChildProcess {
  return spawn(process.env.ComSpec ?? "cmd.exe", ["/d", "/v:on", "/s", "/c", `"${script}"`], {
    ...options,
    env,
    detached: true,
    windowsHide: true,
    windowsVerbatimArguments: true,
  });
}

/** Runs one command, and ends as it does. `redirection` is in the words of cmd.exe. */
export function spawnThroughShell(
  command: readonly string[],
  { env, redirection = "", ...options }: Parameters<typeof spawnShell>[1] & { readonly redirection?: string },
): ChildProcess {
  return spawnShell(`!HEARTH_COMMAND! ${redirection}`, {
    ...options,
    env: { ...env, HEARTH_COMMAND: commandLineOf(command) },
  });
}
