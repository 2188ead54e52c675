// Runs a program that may never end, for no longer than it is given, and leaves nothing of it behind.
import { type ChildProcess, spawn } from "node:child_process";

export interface BoundedOptions {
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
}

/** What came of it. `missing`: there is no such program in PATH. */
export type Ran =
  | { readonly outcome: "ended"; readonly code: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly outcome: "missing" | "timed-out" | "failed"; readonly why: string };

/** What is killed ends at once, unless the kernel waits for a device. */
const DYING_MS = 1_000;
const MAX_OUTPUT_CHARS = 4 * 1024 * 1024;

/** Never rejects. What is still there when the time is up is killed, with everything it started. */
export function runBounded(program: string, args: readonly string[], options: BoundedOptions): Promise<Ran> {
  const { timeoutMs, env, cwd = "/" } = options;
  return new Promise((resolve) => {
    // In a group of its own, which can be ended as a whole: a program is often a shell script around another one.
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const kill = () => killGroup(child);
    const settle = (ran: Ran) => {
      clearTimeout(timer);
      process.off("exit", kill);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(ran);
    };
    let timer = setTimeout(() => {
      const ran = { outcome: "timed-out", why: `${program} did not end within ${timeoutMs / 1000} s` } as const;
      kill();
      child.once("exit", () => settle(ran));
      timer = setTimeout(() => settle(ran), DYING_MS);
    }, timeoutMs);
    // Ctrl-C ends this program only, since the other one is in a group of its own.
    process.once("exit", kill);
    child.once("error", (error: NodeJS.ErrnoException) => {
      settle({ outcome: error.code === "ENOENT" ? "missing" : "failed", why: `${program}: ${error.message}` });
    });
    child.once("close", (code) => settle({ outcome: "ended", code, stdout: stdout(), stderr: stderr() }));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < MAX_OUTPUT_CHARS) text += chunk;
  });
  return () => text;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
