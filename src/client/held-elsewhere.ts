// Whoever holds a home although its descriptor is not where it is looked for.
import type { Whereabouts } from "./discover.js";
import { heldElsewhere } from "./errors.js";
import { monotonicMs } from "./monotonic.js";
import { answersPing } from "./probe.js";

/** A process that holds a home. */
export interface Holder {
  readonly pid: number;
  /** The socket that only this process listens on. */
  readonly socketPath: string;
}

/** A daemon writes a descriptor that was deleted anew within so many milliseconds. */
const RESTORED_WITHIN_MS = 5_000;

/**
 * To be called at each look that found no descriptor. A holder that is booting does not answer yet and is waited for; one
 * that answers has its descriptor written.
 */
export function patienceWithHolder(whereabouts: Whereabouts): (holder: Holder) => Promise<void> {
  let deadline = Number.POSITIVE_INFINITY;
  return async ({ pid, socketPath }) => {
    if (monotonicMs() > deadline) throw heldElsewhere(pid, whereabouts.descriptorPath);
    if (deadline === Number.POSITIVE_INFINITY && (await answersPing(socketPath))) {
      deadline = monotonicMs() + RESTORED_WITHIN_MS;
    }
  };
}
