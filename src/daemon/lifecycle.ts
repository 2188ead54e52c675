// Gives lifecycle requests and handoffs their world: the journal, the agents, and the connections that can be asked.
import { randomUUID } from "node:crypto";
import type { HearthEvent } from "../../protocol/events.js";
import type { Config } from "../config/spec.js";
import type { AttachedAgents } from "../server/attached-agents.js";
import { removeTemporaries } from "../storage/atomic-file.js";
import { HandoffTaker } from "../supervisor/handoff-taker.js";
import { Handoffs } from "../supervisor/handoffs.js";
import { RequestQueue } from "../supervisor/request-queue.js";
import { lifecycleRequest } from "../supervisor/requests-view.js";
import { timestamp } from "../supervisor/status.js";
import type { Supervisor } from "../supervisor/supervisor.js";
import type { Foundation } from "./foundation.js";
import type { Surroundings } from "./surroundings.js";

export interface Lifecycle {
  readonly handoffs: Handoffs;
  readonly queue: RequestQueue;
  readonly taker: HandoffTaker;
}

export function createLifecycle(
  place: Surroundings,
  { clock, store, hub, report }: Foundation,
  deps: {
    readonly supervisor: () => Supervisor;
    readonly attached: AttachedAgents;
    readonly config: () => Config;
    /** A request has moved; its event has been published. */
    readonly moved: (event: HearthEvent) => void;
  },
): Lifecycle {
  // What an earlier daemon died in the middle of writing was never acknowledged.
  removeTemporaries(place.files.handoffs);
  const handoffs = new Handoffs({
    directory: place.files.handoffs,
    store,
    now: clock.wall,
    announce: (event) => hub.publish(event),
  });
  const queue = new RequestQueue({
    clock,
    store,
    handoffs,
    newId: randomUUID,
    maxAgeMs: () => deps.config().maxRequestAgeMs,
    limits: () => deps.config().limits,
    stateOf: (agent) => (deps.supervisor().isLeaving(agent) ? undefined : deps.supervisor().find(agent)?.state),
    dispatch: (agent, event) => deps.supervisor().get(agent).dispatch(event),
    async solicit(agent, reason) {
      const { incarnation } = deps.supervisor().get(agent).state;
      const timeoutMs = deps.config().handoffTimeoutMs;
      const deadline = timestamp(clock.wall() + timeoutMs);
      if (deps.attached.notify({ agent, incarnation }, "handoff.requested", { deadline, reason }) === 0) return;
      await handoffs.arrival(agent, AbortSignal.timeout(timeoutMs));
    },
    announce(request) {
      const { state, agent } = request;
      const event: HearthEvent = { type: `lifecycle.${state}`, agent, data: lifecycleRequest(request) };
      hub.publish(event);
      deps.moved(event);
    },
    report,
  });
  return { handoffs, queue, taker: new HandoffTaker(clock, handoffs) };
}
