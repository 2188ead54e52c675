// How long a caller waits: for so many milliseconds, or until a signal calls it off.
import { cancelled, type HearthError, invalidParams, timedOut } from "../../protocol/errors.js";

/** How long to wait for one answer. */
export interface CallOptions {
  /** Calls the request off; the daemon is told with `$/cancelRequest`. With one that is aborted already nothing is sent. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds until the call fails with `timed-out`, also while a daemon that went away is looked for. Without it, or with
   * Infinity, it waits as long as the connection lasts.
   */
  readonly timeoutMs?: number | undefined;
}

/** The time of a call that has no limit. */
export const FOREVER_MS = Number.POSITIVE_INFINITY;

/** The longest that a timer of Node's can wait, 25 days; one that is to wait longer fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * A time as timers take it: in whole milliseconds, and the longest there is for Infinity.
 * @throws {HearthError} `invalid-params` when it is no time at all.
 */
export function timerMs(timeoutMs: number): number {
  // Unlike a comparison with 0 that leaves out null and texts too.
  if (Math.abs(timeoutMs) === timeoutMs) return Math.min(Math.ceil(timeoutMs), LONGEST_MS);
  throw invalidParams(`timeoutMs is ${timeoutMs}, not a time.`, "Give milliseconds; see `hearth help scripting`.");
}

/**
 * Arranges for a call to be given up; the returned function takes the arrangement back.
 * @throws {HearthError} `cancelled` by a signal that is aborted already, `invalid-params` when the time is none.
 */
export function limit(
  method: string,
  { signal, timeoutMs = FOREVER_MS }: CallOptions,
  giveUp: (error: HearthError) => void,
): () => void {
  const delayMs = timerMs(timeoutMs);
  if (signal?.aborted) throw cancelled();
  const onAbort = () => giveUp(cancelled());
  const onTime = () => giveUp(timedOut(`the daemon answered ${method}`));
  const timer = delayMs === LONGEST_MS ? undefined : setTimeout(onTime, delayMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}

/** What some of the work for a call comes to, or the error with which the call is given up meanwhile. */
export function limited<T>(method: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = limit(method, options, reject);
    work().then(resolve, reject).finally(settle);
  });
}
