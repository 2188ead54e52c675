// Lets go of those that an earlier daemon held still and that its guard may not have let go.
import { setTimeout as sleep } from "node:timers/promises";
import type { Held } from "../logs/stillness.js";
import { continueAll, type HeldWriters } from "./hold-still.js";
import { isAlive, signalProcess } from "./identity.js";
import type { Awaitable } from "./process-entry.js";
import type { ProcessIdentity } from "./session.js";

/** A guard whose daemon is dead ends within milliseconds; one that does not has been stopped by somebody. */
const GUARD_ENDS_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 5;

/**
 * To be called by a daemon that finds on record what an earlier one held. Nobody who is on it stays stopped, and nobody
 * else is signalled.
 *
 * @param look called once the guard is gone, before anybody is let go whom it has not let go: the moment to see whether
 * the log was emptied, since one without a mark is written to again right afterwards. What it throws is thrown, later
 */
export async function letGo(held: Held, look: () => Awaitable<void> = () => {}): Promise<void> {
  const { guard, writers } = held as HeldWriters;
  await end(guard);
  try {
    await look();
  } finally {
    await continueAll(writers);
  }
}

async function end(guard: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + GUARD_ENDS_WITHIN_MS;
  while (await isAlive(guard)) {
    if (performance.now() > deadline) await signalProcess(guard, "SIGKILL");
    await sleep(LOOK_EVERY_MS);
  }
}
