// Puts what a machine announces into the words of the protocol's events.
import type { HearthEvent } from "../../protocol/events.js";
import type { Clock } from "./clock.js";
import type { Announcement } from "./machine.js";
import { timestamp } from "./status.js";

/** `waitingFor` tells the dependencies that are not ready. */
export function toEvent(
  agent: string,
  announcement: Announcement,
  { clock, waitingFor }: { readonly clock: Clock; readonly waitingFor: () => string[] },
): HearthEvent {
  switch (announcement.type) {
    case "agent.waiting":
      return { type: announcement.type, agent, data: { waitingFor: waitingFor() } };
    case "agent.exited": {
      const { type, incarnation, exit, asked } = announcement;
      const { code, signal, reason } = exit;
      return { type, agent, data: { incarnation, code, signal, reason, asked } };
    }
    case "agent.backoff": {
      const { delayMs, recentFailures } = announcement;
      const until = timestamp(clock.wall() + delayMs);
      return { type: announcement.type, agent, data: { until, delayMs, recentFailures } };
    }
    default: {
      const { type, ...data } = announcement;
      return { type, agent, data } as HearthEvent;
    }
  }
}
