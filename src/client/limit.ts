// How long a caller waits: for so many milliseconds, or until a signal calls it off.
import { cancelled, type HearthError, timedOut } from "../../protocol/errors.js";

/** How long to wait for one answer. */
export interface CallOptions {
  /** Calls the request off; the daemon is told with `$/cancelRequest`. With one that is aborted already nothing is sent. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call fails with `timed-out`; without it, it waits as long as the connection lasts. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Arranges for a call to be given up; the returned function takes the arrangement back.
 * @throws {HearthError} `cancelled` by a signal that is aborted already.
 */
export function limit(
  method: string,
  { signal, timeoutMs }: CallOptions,
  giveUp: (error: HearthError) => void,
): () => void {
  if (signal?.aborted) throw cancelled();
  const onAbort = () => giveUp(cancelled());
  const onTime = () => giveUp(timedOut(`the daemon answered ${method}`));
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTime, timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}
