// Runs the programs by which one talks to a service manager: systemctl, launchctl, schtasks.
import { runBounded } from "../bounded-program.js";
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
  return async (program, args) => {
    const ran = await runBounded(program, args, { env, timeoutMs });
    if (ran.outcome === "missing") return { code: null, stdout: "", complaint: `${program} was not found` };
    if (ran.outcome !== "ended") return { code: null, stdout: "", complaint: ran.why };
    return { code: ran.code, stdout: ran.stdout, complaint: complaintIn(ran) ?? `it ended with ${ran.code}` };
  };
}

function complaintIn({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string | undefined {
  return [stderr, stdout].map((text) => text.trim().replace(/\s*\n\s*/g, "; ")).find(Boolean);
}

/** @throws ServiceError when the program fails */
export async function mustRun(run: RunTool, program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, complaint } = await run(program, args);
  if (code !== 0) throw managerRefused([program, ...args], complaint);
  return stdout;
}
