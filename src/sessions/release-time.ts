// Bounds the time a gate may take to let its command run.
import { ReleaseError } from "./session.js";
import { TimeLimit } from "./time-limit.js";

/** A gate takes milliseconds. One that somebody has stopped would keep its agent from being stopped, too. */
const RELEASED_WITHIN_MS = 5_000;

/**
 * Settles as the opening of the gate does.
 *
 * @throws ReleaseError when it takes too long
 */
export async function withinReleaseTime(opening: Promise<void>): Promise<void> {
  const limit = new TimeLimit(RELEASED_WITHIN_MS, tooLong);
  try {
    await limit.within(opening);
  } finally {
    limit.lift();
  }
}

function tooLong(): ReleaseError {
  return new ReleaseError(`the gate did not let the command run within ${RELEASED_WITHIN_MS} ms`);
}
