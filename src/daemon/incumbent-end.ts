// How a successor waits for its predecessor: by a connection that the kernel closes when the process ends.
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../sessions/identity.js";
import type { ProcessIdentity } from "../sessions/session.js";

/** Pause between two looks at a process whose socket no longer tells when it ends, in milliseconds. */
const LOOK_AGAIN_MS = 5;

/**
 * Resolves when the incumbent's process has ended. While its socket holds a connection nothing is polled; it may close
 * an idle connection early, and a dying process is visible for a moment after its sockets are gone.
 * @throws the signal's reason when called off.
 */
export async function waitForEnd(socketPath: string, identity: ProcessIdentity, signal: AbortSignal): Promise<void> {
  await connectionEnd(socketPath, signal);
  while (await isAlive(identity)) {
    await pause(signal);
    await connectionEnd(socketPath, signal);
  }
}

/** Connects and waits for the other end to close; at once when nobody takes the connection. */
async function connectionEnd(socketPath: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const socket = connect(socketPath);
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  // Whatever goes wrong with the connection, "close" follows; and without a reader the end would never be noticed.
  socket.on("error", () => {}).resume();
  await new Promise((resolve) => socket.once("close", resolve));
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
