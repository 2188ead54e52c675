// Puts what happened to an agent into the variables that its hook is told it by.
import type { EventData, HearthEvent } from "../../protocol/events.js";
import type { AgentStatus } from "../../protocol/methods.js";
import type { HookName } from "../config/spec.js";

/** Variables of an environment. Each name begins with HEARTH_HOOK: no hook is to be taken for a process of the agent. */
export type Facts = Readonly<Record<string, string>>;

/** The hook that an event is for. */
export interface HookOccasion {
  readonly hook: HookName;
  /** What only the event tells. */
  readonly facts: Facts;
}

/** Null when no hook is run after such an event. */
export function occasionOf(event: HearthEvent): HookOccasion | null {
  switch (event.type) {
    case "agent.ready":
      return { hook: "on_ready", facts: variables({ INCARNATION: event.data.incarnation }) };
    case "agent.exited":
      return { hook: "on_exit", facts: exitFacts(event.data) };
    case "agent.failed":
      return { hook: "on_failed", facts: variables({ REASON: event.data.reason }) };
    case "lifecycle.done":
      return event.data.action === "cycle" ? { hook: "on_cycle", facts: cycleFacts(event.data) } : null;
    default:
      return null;
  }
}

/** What holds for every hook: which it is, of whom, and how that agent is now. */
export function commonFacts(hook: HookName, status: AgentStatus, at: string): Facts {
  return {
    HEARTH_HOOK: hook,
    ...variables({
      AT: at,
      AGENT: status.agent,
      INCARNATION: status.incarnation,
      STATE: status.state,
      RESTARTS: status.restarts,
      RECENT_FAILURES: status.recentFailures,
      NEXT_ATTEMPT: status.backoffUntil,
      LOG_FILE: status.logFile,
      STDERR_FILE: status.stderrFile,
    }),
  };
}

/** What is known of an end that Hearth brought about: why, and by which lifecycle request. */
export function endFacts(end: { readonly cause: string; readonly request: string | null }): Facts {
  return variables({ CAUSE: end.cause, REQUEST: end.request });
}

function exitFacts({ incarnation, code, signal, reason, asked }: EventData<"agent.exited">): Facts {
  const isAsked = asked === true ? "yes" : "no";
  return variables({ INCARNATION: incarnation, ASKED: isAsked, REASON: reason, CODE: code, SIGNAL: signal });
}

function cycleFacts({ id, from, reason, incarnation }: EventData<"lifecycle.done">): Facts {
  const { before, after } = incarnation;
  return variables({ INCARNATION: after, PREVIOUS_INCARNATION: before, REQUEST: id, FROM: from, REASON: reason });
}

/** What is not known is no variable. */
function variables(values: Readonly<Record<string, string | number | null | undefined>>): Facts {
  const known = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [`HEARTH_HOOK_${name}`, String(value)]));
}
