// Replaces this daemon by the program on disk: makes sure that it starts, then hands the home over.
import { spawn } from "node:child_process";
import { badConfig } from "../../protocol/errors.js";
import type { ProcessIdentity } from "../sessions/session.js";

/** Names the process a successor waits for: JSON of its own socket and identity. */
const SUCCESSION_VARIABLE = "HEARTHD_SUCCEEDS";

/** Time the new program has for its check, in milliseconds. */
const CHECK_TIMEOUT_MS = 15_000;

export interface Predecessor {
  readonly socketPath: string;
  readonly identity: ProcessIdentity;
}

/** The predecessor this process was told to wait for, if any; taken out of the environment. */
export function takePredecessor(env: NodeJS.ProcessEnv): Predecessor | null {
  const text = env[SUCCESSION_VARIABLE];
  delete env[SUCCESSION_VARIABLE];
  return text === undefined ? null : (JSON.parse(text) as Predecessor);
}

/**
 * Runs the program on disk with `--check`.
 * @throws HearthError `bad-config` with what it said when it can't start with the present configuration
 */
export async function assertStarts(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await run(program, [...args, "--check"]);
  if (code === 0) return;
  throw badConfig(`The program at ${program} would not start: ${output.trim() || `it ended with code ${code}`}`, {
    hint: "This daemon goes on as before. Mend what it says, then run `hearth daemon restart` again.",
  });
}

/** Starts the successor, which waits for this process to end before it leads. */
export function spawnSuccessor(program: string, args: readonly string[], self: Predecessor): void {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    detached: true,
    stdio: "ignore",
    env: { ...process.env, [SUCCESSION_VARIABLE]: JSON.stringify(self) },
  });
  child.unref();
}

function run(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: CHECK_TIMEOUT_MS,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
