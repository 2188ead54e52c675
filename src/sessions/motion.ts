// Tells whether a process runs or has been stopped, down to its last thread.
import * as linux from "./motion-linux.js";
import * as other from "./motion-other.js";
import type { Awaitable, Motion } from "./process-entry.js";
import type { ProcessIdentity } from "./session.js";

/** What exactly this process is doing. */
export const readMotion: (identity: ProcessIdentity) => Awaitable<Motion> =
  process.platform === "linux" ? linux.readMotion : other.readMotion;
