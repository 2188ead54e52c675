// Runs the programs by which one talks to a service manager: systemctl, launchctl, schtasks.
import { execFile } from "node:child_process";
import { managerRefused } from "./service-error.js";

export interface ToolResult {
  /** Null when the program is not there, or was killed. */
  readonly code: number | null;
  readonly stdout: string;
  /** What it complained of, in one line. */
  readonly complaint: string;
}

/** Runs a program with arguments; never throws for what it says. */
export type RunTool = (program: string, args: readonly string[]) => Promise<ToolResult>;

/** `env` is the program's whole environment. Nothing is waited for longer than `timeoutMs`. */
export function toolRunner(env: NodeJS.ProcessEnv, { timeoutMs }: { readonly timeoutMs: number }): RunTool {
  return (program, args) =>
    new Promise((resolve) => {
      execFile(program, [...args], { env, timeout: timeoutMs }, (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, complaint: "" });
        const { code } = error as { readonly code?: number | string | null };
        const said = [stderr, stdout].map((text) => text.trim().replace(/\s*\n\s*/g, "; ")).find(Boolean);
        const why = code === "ENOENT" ? `${program} was not found` : (said ?? error.message);
        resolve({ code: typeof code === "number" ? code : null, stdout, complaint: why });
      });
    });
}

/** @throws ServiceError when the program fails */
export async function mustRun(run: RunTool, program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, complaint } = await run(program, args);
  if (code !== 0) throw managerRefused([program, ...args], complaint);
  return stdout;
}
