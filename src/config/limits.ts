// Turns `[daemon.limits]` into the bounds that hold: defaults filled in, units resolved.
import type { LimitsTable } from "../../protocol/definition.js";
import type { Limits } from "../../protocol/limits.js";
import { parseDurationMs, parseSizeBytes } from "../../protocol/units.js";

/** Resolves a table that has passed its schema; what it does not say is as it is here. */
export function resolveLimits({
  connections = 2_048,
  attach_within = "10s",
  frame_size = "16MiB",
  batch = 1_000,
  // What takes long is a wait and not counted. With 500 agents as many answers to `agent.list` were measured to take 80 MB.
  requests_in_flight: requestsInFlight = 128,
  waits = 64,
  subscriptions = 64,
  unwritten_size = "1MiB",
  recent_events: recentEvents = 1_000,
  queued_requests: queuedRequests = 100,
  keyed_requests: keyedRequests = 10_000,
}: LimitsTable): Limits {
  return {
    connections,
    attachWithinMs: parseDurationMs(attach_within),
    frameBytes: parseSizeBytes(frame_size),
    batch,
    requestsInFlight,
    waits,
    subscriptions,
    unwrittenBytes: parseSizeBytes(unwritten_size),
    recentEvents,
    queuedRequests,
    keyedRequests,
  };
}
