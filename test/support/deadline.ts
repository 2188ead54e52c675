// Waits with a deadline, so that a promise that is not kept fails a test with words instead of hanging it.
import { setTimeout as delay } from "node:timers/promises";

/** Long enough for a busy machine; only a failing test takes it. */
export const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 10;

/** Settles as `promise` does, or rejects when it takes too long. `what` says what was waited for. */
export async function within<T>(promise: Promise<T>, what: () => string, timeoutMs = PATIENCE_MS): Promise<T> {
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`not within ${timeoutMs} ms: ${what()}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}

/** Looks until there is something to see: for conditions that nothing announces, such as a file's. */
export async function eventually<T>(look: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
}
