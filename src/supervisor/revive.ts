// Turns what an earlier daemon recorded of an agent into the state this daemon starts from.
import type { Exit } from "../sessions/session.js";
import type { AgentRecord } from "./agent.js";
import type { AgentState } from "./machine.js";

/**
 * A recorded session is kept, to be looked for. Without one, whatever was under way never began; its number is given back.
 * @param reboot the machine (or container) was started again since: no session can have survived, monotonic times
 *   mean nothing, and only numbers that no line lost in a power cut can have used are safe
 */
export function revive(record: AgentRecord, reboot: { readonly at: number } | null): AgentRecord {
  if (reboot === null) return { ...record, state: settled(record.state) };
  return { ...record, state: rebooted(record, reboot.at), history: [] };
}

function settled(state: AgentState): AgentState {
  if (state.session !== null || state.status === "failed" || state.status === "backoff") return state;
  const incarnation = state.forking ? state.incarnation - 1 : state.incarnation;
  return { ...state, status: "stopped", incarnation, forking: false, deadline: null, sequel: null };
}

function rebooted({ state, reservedThrough }: AgentRecord, at: number): AgentState {
  const end: Exit = { code: null, signal: null, at, reason: "the machine was restarted" };
  return {
    ...state,
    status: state.status === "failed" ? "failed" : "stopped",
    incarnation: reservedThrough,
    session: null,
    forking: false,
    startedMono: null,
    ready: false,
    adopted: false,
    failures: [],
    deadline: null,
    lastExit: state.session === null ? state.lastExit : end,
    sequel: null,
  };
}
