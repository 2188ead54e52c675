// Bounds on everything a peer can make the daemon hold.
import { MAX_FRAME_BYTES, MAX_FRAME_BYTES_BEFORE_ATTACH } from "../../protocol/framing.js";

export interface ServerLimits {
  /** Connections at once; one more is closed at once. */
  readonly connections: number;
  /** Time a connection may stay without attaching, in milliseconds. */
  readonly unattachedMs: number;
  /** Largest frame before and after `system.attach`, in bytes. */
  readonly frameBytesBeforeAttach: number;
  readonly frameBytes: number;
  /** Requests of one connection being answered; over it, its bytes are left unread. Waits are not counted. */
  readonly requestsInFlight: number;
  /** Messages in one batch, whose answers are all held until the last is there; a larger one is refused as a whole. */
  readonly batch: number;
  /** Requests of one connection that wait for something to happen. */
  readonly waits: number;
  /** Subscriptions of one connection. */
  readonly subscriptions: number;
  /** Bytes waiting to be written to one connection; over it, its requests are left unread and its events are skipped. */
  readonly unwrittenBytes: number;
  /** Events kept for subscribers that come back. */
  readonly recentEvents: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  connections: 2_048,
  unattachedMs: 10_000,
  frameBytesBeforeAttach: MAX_FRAME_BYTES_BEFORE_ATTACH,
  frameBytes: MAX_FRAME_BYTES,
  requestsInFlight: 1_024,
  batch: 1_000,
  waits: 64,
  subscriptions: 64,
  unwrittenBytes: 1024 * 1024,
  recentEvents: 1_000,
};
