// The bounds on everything a peer can make the daemon hold, as they are now.
import type { Limits } from "../../protocol/limits.js";

/** A reload of hearth.toml replaces them, so they are looked at whenever they are needed. */
export interface LimitsInForce {
  current: Limits;
}
