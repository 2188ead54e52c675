// Finds out whether the owner of a lock is alive: only the kernel's word counts, and a slow daemon is a live one.
import { once } from "node:events";
import { connect } from "node:net";
import { hasCode } from "../errno.js";
import { socketPathFits } from "../paths.js";
import { isPipe } from "../pipe-names-windows.js";
import { isAlive, mayBeAlive } from "../sessions/identity.js";
import type { LockOwner } from "./generations.js";

/**
 * `reachable`: its socket takes connections (a stopped process's does too, the kernel sees to that).
 * `unreachable`: the process exists, but its socket is gone, refuses, or is too busy to take another connection.
 */
export type Liveness = "reachable" | "unreachable" | "dead";

/** Probes a lock's owner. Dead only when nobody can be listening *and* the recorded process is gone. */
export async function probe(owner: LockOwner, signal: AbortSignal): Promise<Liveness> {
  const answer = await knock(owner.socketPath, signal);
  // A pipe is there for as long as its process is, and free for anybody once that is gone.
  if (isPipe(owner.socketPath)) return answer !== "nobody" && mayBeAlive(owner.identity) ? REACHED[answer] : "dead";
  if (answer === "connected") return "reachable";
  // Refused or missing proves little: a socket that is bound but not yet listening refuses, a wiped directory has none.
  if (answer === "nobody" && !(await isAlive(owner.identity))) return "dead";
  return "unreachable";
}

const REACHED = { connected: "reachable", unclear: "unreachable" } as const;

/** Connects once. Only ECONNREFUSED and ENOENT say that nobody listens; EAGAIN, for one, is a full backlog. */
async function knock(socketPath: string, signal: AbortSignal): Promise<"connected" | "nobody" | "unclear"> {
  // No candidate ever listened on such a path, and Node 20 would connect to a truncated one.
  if (!socketPathFits(socketPath, process.platform)) return "nobody";
  const socket = connect(socketPath);
  try {
    await once(socket, "connect", { signal });
    return "connected";
  } catch (error) {
    signal.throwIfAborted();
    return hasCode(error, "ECONNREFUSED", "ENOENT") ? "nobody" : "unclear";
  } finally {
    socket.destroy();
  }
}
