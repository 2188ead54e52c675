// Time as the supervisor sees it: passed in, so that tests never sleep and a changed wall clock moves no deadline.

export interface Clock {
  /** Milliseconds of the system's monotonic clock: the same for every process since boot, unmoved by a changed date. */
  mono(): number;
  /** Unix milliseconds, for people. */
  wall(): number;
  /** Calls back once after `delayMs`; returns what calls it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A timer of Node's holds at most 2^31 - 1 ms; whoever waits longer looks again. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  mono: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  wall: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, Math.ceil(delayMs)), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
