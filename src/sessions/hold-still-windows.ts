// Windows has no way to hold a process still, so a log that grows is rotated only when its session starts.
import { HoldStillError } from "./session.js";

/** @throws HoldStillError always */
export async function holdStill(): Promise<never> {
  throw new HoldStillError("refused", "processes can't be held still on Windows");
}
