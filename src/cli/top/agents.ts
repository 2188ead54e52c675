// What an event says of an agent, until the daemon's own account of it arrives.
import type { Happening } from "../../../protocol/calls.js";
import type { AgentStatus } from "../../../protocol/methods.js";

/** The agent after an event; the same object when the event says nothing of it. */
export function happenedTo(agent: AgentStatus, event: Happening): AgentStatus {
  switch (event.type) {
    case "agent.waiting":
      return { ...agent, state: "starting", ready: false, waitingFor: event.data.waitingFor };
    case "agent.starting":
      return { ...gone(agent), state: "starting", incarnation: event.data.incarnation, adopted: false };
    case "agent.running":
      return { ...gone(agent), state: "running", pid: event.data.pid, startedAt: event.at };
    case "agent.adopted":
      return { ...agent, state: "running", pid: event.data.pid, adopted: true };
    case "agent.ready":
      return { ...agent, ready: true };
    case "agent.stopping":
      return { ...agent, state: "stopping", ready: false };
    case "agent.exited":
      return { ...gone(agent), lastExit: { ...exitOf(event.data), at: event.at } };
    case "agent.backoff":
      return {
        ...gone(agent),
        state: "backoff",
        backoffUntil: event.data.until,
        recentFailures: event.data.recentFailures,
      };
    case "agent.failed":
      return { ...gone(agent), state: "failed", recentFailures: event.data.recentFailures };
    case "agent.stopped":
      return { ...gone(agent), state: "stopped" };
    case "beat":
      return { ...agent, lastBeat: event.at };
    case "poke.sent":
      return { ...agent, lastPoke: { at: event.at, delivered: event.data.delivered, via: event.data.via } };
    default:
      return agent;
  }
}

/** Without what only a session or a wait for one has. */
function gone(agent: AgentStatus): AgentStatus {
  return { ...agent, ready: false, pid: null, startedAt: null, uptimeMs: null, backoffUntil: null, waitingFor: [] };
}

type Exit = Extract<Happening, { type: "agent.exited" }>["data"];

function exitOf({ code, signal, reason }: Exit): Omit<NonNullable<AgentStatus["lastExit"]>, "at"> {
  return { code, signal, reason };
}
