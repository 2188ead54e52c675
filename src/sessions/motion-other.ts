// Tells where there is no /proc whether a process runs or has been stopped, as far as ps knows.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isAlive } from "./identity-other.js";
import type { Motion } from "./process-entry.js";
import type { ProcessIdentity } from "./session.js";

const run = promisify(execFile);

/** ps shows one state for all threads of a process. */
export async function readMotion(identity: ProcessIdentity): Promise<Motion> {
  if (!(await isAlive(identity))) return "gone";
  // It complains, by its exit code, when there is no such process any more.
  const { stdout: state } = await run("ps", ["-o", "stat=", "-p", String(identity.pid)]).catch(() => ({ stdout: "" }));
  return state.trimStart().startsWith("T") ? "stopped" : "runs";
}
