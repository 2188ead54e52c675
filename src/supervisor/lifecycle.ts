// What is to be done about a lifecycle request: a pure judgement of its record against the state of its agent.
//
// It is level-triggered: the same judgement serves a request that has just come, one whose agent has just moved, and one
// that a daemon finds in its journal. A request is bound to the incarnation it found when it began; that incarnation being
// gone is what "done" means, so nothing is ever carried out twice.
import type { LifecycleAction, RequestState } from "../../protocol/lifecycle.js";
import type { AgentState } from "./machine.js";

/** A request as the journal keeps it. Times are unix milliseconds. */
export interface RequestRecord {
  readonly id: string;
  /** Requests of one agent run in this order. */
  readonly order: number;
  /** Proved identity: the name of an agent, or "operator". */
  readonly from: string;
  /** The asker's incarnation; null for the operator. */
  readonly fromIncarnation: number | null;
  readonly agent: string;
  readonly action: LifecycleAction;
  readonly reason: string | null;
  readonly key: string | null;
  /** The handoff that came with it, as kept on disk. */
  readonly handoff: string | null;
  /** Tells whether a repeated request hands over the same; the file may be gone by then. */
  readonly handoffDigest: string | null;
  readonly requestedAt: number;
  readonly state: RequestState;
  /** The incarnation it applies to, from when it runs; `hadSession`: that one was there. */
  readonly before: number | null;
  readonly hadSession: boolean;
  /** The agent has been told to start another: one that is at rest after that was stopped, or gave up. */
  readonly acted: boolean;
  /** The incarnation that came of it. */
  readonly after: number | null;
  readonly error: { readonly kind: string; readonly message: string } | null;
  readonly endedAt: number | null;
}

export type Verdict =
  | { readonly kind: "wait" }
  /** Bind it to the present incarnation and record that, before anything is done. */
  | { readonly kind: "begin" }
  /** Replace the present incarnation, or end it. */
  | { readonly kind: "restart" }
  | { readonly kind: "stop" }
  | { readonly kind: "end"; readonly state: "done"; readonly after: number | null }
  | { readonly kind: "end"; readonly state: "expired" | "superseded" }
  | {
      readonly kind: "end";
      readonly state: "failed";
      readonly error: { readonly kind: string; readonly message: string };
    };

export interface JudgementContext {
  /** Age of the request, in milliseconds. */
  readonly ageMs: number;
  /** Age over which a request is not begun any more, in milliseconds. */
  readonly maxAgeMs: number;
}

const WAIT: Verdict = { kind: "wait" };

/** Judges the first open request of an agent. */
export function judge(request: RequestRecord, agent: AgentState, context: JudgementContext): Verdict {
  if (request.state === "accepted") return judgeAccepted(request, agent, context);
  return request.action === "shutdown" ? judgeShutdown(request, agent) : judgeReplacement(request, agent);
}

/** True while something is still to come of a request. */
export function isOpen({ state }: Pick<RequestRecord, "state">): boolean {
  return state === "accepted" || state === "running";
}

function judgeAccepted(request: RequestRecord, agent: AgentState, { ageMs, maxAgeMs }: JudgementContext): Verdict {
  if (ageMs > maxAgeMs) return { kind: "end", state: "expired" };
  const askerIsGone = request.from === request.agent && !isPresent(agent, request.fromIncarnation);
  return askerIsGone ? { kind: "end", state: "superseded" } : { kind: "begin" };
}

function isPresent(agent: AgentState, incarnation: number | null): boolean {
  return agent.session !== null && agent.incarnation === incarnation;
}

/** cycle and restart: done once a later incarnation has run. */
function judgeReplacement(request: RequestRecord, agent: AgentState): Verdict {
  const before = request.before ?? 0;
  // While it is starting, or is stopped in the middle of that, a number may still be given back.
  if (agent.status === "starting" || agent.status === "stopping") return WAIT;
  if (agent.incarnation > before) return { kind: "end", state: "done", after: agent.incarnation };
  switch (agent.status) {
    case "failed":
      return failedBecause("the agent is in a crash loop or cannot be started; reset it first");
    case "stopped":
      return (request.hadSession || request.acted) && agent.wanted === "down"
        ? failedBecause("the agent was stopped before it could be started again")
        : { kind: "restart" };
    case "backoff":
      // Asking again for what the disk has just refused would go round and round.
      return agent.sequel?.kind === "unrecorded" ? WAIT : { kind: "restart" };
    case "running":
      return { kind: "restart" };
  }
}

/** shutdown: done once the incarnation it found is gone, even if somebody has started another since. */
function judgeShutdown(request: RequestRecord, agent: AgentState): Verdict {
  const before = request.before ?? 0;
  if (agent.status === "stopped" || agent.status === "failed") return { kind: "end", state: "done", after: null };
  if (agent.incarnation > before) return { kind: "end", state: "done", after: null };
  const isStopping = agent.status === "stopping" && agent.sequel?.kind === "stop";
  return isStopping ? WAIT : { kind: "stop" };
}

function failedBecause(message: string): Verdict {
  return { kind: "end", state: "failed", error: { kind: "not-possible", message } };
}
