// Trying again: how often and how far apart a client looks for a daemon that went away.
import { setTimeout as sleep } from "node:timers/promises";

/** A bounded number of tries with doubling delays. */
export interface Backoff {
  readonly tries: number;
  /** Delay before the first try, in milliseconds. */
  readonly firstDelayMs: number;
  /** Upper bound of the delay, in milliseconds. */
  readonly maxDelayMs: number;
}

/** What a client does when its daemon goes away: 200, 400, 800, 1600 and 2000 ms. */
export const RECONNECT: Backoff = { tries: 5, firstDelayMs: 200, maxDelayMs: 2_000 };

/** The delay before each try, in milliseconds. */
export function delaysMs({ tries, firstDelayMs, maxDelayMs }: Backoff): number[] {
  return Array.from({ length: tries }, (_, attempt) => Math.min(firstDelayMs * 2 ** attempt, maxDelayMs));
}

/**
 * Waits and tries until a try succeeds.
 * @throws what the last try threw, or the signal's reason.
 */
export async function tryAgain<T>(attempt: () => Promise<T>, backoff: Backoff, signal: AbortSignal): Promise<T> {
  let failure: unknown = new Error("nothing was tried");
  for (const delayMs of delaysMs(backoff)) {
    await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    try {
      return await attempt();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
