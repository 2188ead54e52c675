// What `[daemon.limits]` of hearth.toml comes to: the bounds that a peer meets.

/** Bounds on everything that callers can make the daemon hold. */
export interface Limits {
  /** Connections at once; one more is told so and closed. */
  readonly connections: number;
  /** Time a connection may stay without attaching, in milliseconds. */
  readonly attachWithinMs: number;
  /** Largest frame after `system.attach`, in bytes; before it, the protocol itself sets the bound. */
  readonly frameBytes: number;
  /** Messages in one batch, whose answers are all held until the last is there; a larger one is refused as a whole. */
  readonly batch: number;
  /** Requests of one connection being answered; over it, its bytes are left unread. Waits are not counted. */
  readonly requestsInFlight: number;
  /** Requests of one connection that wait for something to happen. */
  readonly waits: number;
  /** Subscriptions of one connection. */
  readonly subscriptions: number;
  /** Bytes waiting to be written to one connection; over it, its requests are left unread and its events are skipped. */
  readonly unwrittenBytes: number;
  /** Events kept for subscribers that come back. */
  readonly recentEvents: number;
  /** Lifecycle requests of one agent that have not ended. */
  readonly queuedRequests: number;
  /** Lifecycle requests with a key that are remembered. */
  readonly keyedRequests: number;
}
