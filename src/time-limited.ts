// Gives work a time after which it is called off, and leaves no timer behind.

/**
 * Calls `work` off when `signal` is aborted or after `ms` milliseconds; settles as it does. Not AbortSignal.any with a timeout's
 * signal: Node 20 loses that one when garbage is collected, and then the time is never up (nodejs/node#57736).
 */
export async function timeLimited<T>(
  { signal, ms }: { readonly signal: AbortSignal; readonly ms: number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const life = new AbortController();
  const end = (): void => life.abort(signal.reason);
  const timer = setTimeout(() => life.abort(new DOMException("the time is up", "TimeoutError")), ms);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await work(life.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
