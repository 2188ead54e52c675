// What callers see of a lifecycle request: all but its handoff.
import type { LifecycleRequest } from "../../protocol/lifecycle.js";
import type { RequestRecord } from "./lifecycle.js";
import { timestamp } from "./status.js";

export function lifecycleRequest(record: RequestRecord): LifecycleRequest {
  const { id, from, agent, action, reason, state, before, after, error } = record;
  return {
    id,
    from,
    agent,
    action,
    reason,
    requestedAt: timestamp(record.requestedAt),
    state,
    incarnation: { before, after },
    ...(error === null ? {} : { error }),
  };
}
