// Lets any number of waits hear of one signal through a single listener.

/** By signal, what is to be done when it is aborted. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal is aborted, unless the returned function was called before. Removing one of a thousand
 * listeners from a signal means looking through the others, a thousand times when as many agents stop.
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const others = waiting.get(signal);
  const acts = others ?? new Set();
  if (others === undefined) {
    waiting.set(signal, acts);
    signal.addEventListener("abort", () => {
      for (const each of acts) each();
    });
  }
  acts.add(act);
  return () => acts.delete(act);
}
