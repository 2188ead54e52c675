// Tunes V8 for a process that starts once and then mostly waits; imported before anything else.
import { setFlagsFromString } from "node:v8";

/** Calls after which a daemon is worth optimizing. */
const BUSY_AFTER_CALLS = 1_000;

// The optimizing compiler alone was measured to bring 4 MB of pages into a daemon that is asked for its status now and then.
setFlagsFromString("--no-opt");

/** Wraps what answers calls: once there have been many, what is hot is optimized as usual. */
export function optimizingWhenBusy<A extends readonly unknown[], R>(answer: (...args: A) => R): (...args: A) => R {
  let calls = 0;
  return (...args) => {
    if (++calls === BUSY_AFTER_CALLS) setFlagsFromString("--opt");
    return answer(...args);
  };
}
