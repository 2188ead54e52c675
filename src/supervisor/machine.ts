// The one decision path: a pure function from an agent's state and an event to its next state and the effects to carry out.
import type { AgentSpec } from "../config/spec.js";
import type { Exit, SessionRef } from "../sessions/session.js";
import { decideRestart, recentFailures } from "./restart-policy.js";

export type Status = "stopped" | "starting" | "running" | "stopping" | "backoff" | "failed";

/** What follows once the session under way is gone. */
export type Sequel =
  | { readonly kind: "stop" }
  /** Somebody asked for it, or a trigger that counts as no failure, whose `reason` replaces the exit's own words. */
  | { readonly kind: "restart"; readonly reason?: string }
  /** Nobody asked for the end: the restart policy decides. `reason` replaces the exit's own words when Hearth caused it. */
  | { readonly kind: "failure"; readonly clean: boolean; readonly reason: string | null }
  /** The end is nobody's fault (a reboot, a gate whose daemon died): start again without counting it. */
  | { readonly kind: "excused" }
  /** The disk refused to record the session, so it was not let run: try again in a while without counting it. */
  | { readonly kind: "unrecorded" };

/** All that is known of an agent; also its record in the journal. Times are milliseconds of the system's monotonic clock. */
export interface AgentState {
  readonly status: Status;
  /** Whether it should run, as last asked for; survives the daemon. Null: nobody has asked, `autostart` decides. */
  readonly wanted: "up" | "down" | null;
  /** Number of the latest session; given back when the session never ran. */
  readonly incarnation: number;
  /** From the moment the gate exists until the last process of the session is gone. */
  readonly session: SessionRef | null;
  /** A gate is being started and nothing is known of it yet. */
  readonly forking: boolean;
  readonly startedMono: number | null;
  readonly ready: boolean;
  /** The session was started by an earlier daemon. */
  readonly adopted: boolean;
  /** Restarts by policy, in all. */
  readonly restarts: number;
  /** Times of the failures that may still count. */
  readonly failures: readonly number[];
  /** When `tick` has something to do: the end of a backoff, of a stop's grace or of the time to become ready. */
  readonly deadline: number | null;
  readonly lastExit: Exit | null;
  /** Set while stopping, and while what the disk refused to record waits to be tried again. */
  readonly sequel: Sequel | null;
}

export const INITIAL_STATE: AgentState = {
  status: "stopped",
  wanted: null,
  incarnation: 0,
  session: null,
  forking: false,
  startedMono: null,
  ready: false,
  adopted: false,
  restarts: 0,
  failures: [],
  deadline: null,
  lastExit: null,
  sequel: null,
};

/** What happened. Events of a session name its incarnation; those of an earlier one change nothing. */
export type AgentEvent =
  /** `hold`: dependencies are not ready; wait for `proceed`. */
  | { readonly type: "start"; readonly hold: boolean }
  | { readonly type: "proceed" }
  /** `remember`: the agent is no longer wanted; false when only the daemon goes. */
  | { readonly type: "stop"; readonly remember: boolean; readonly reason?: string }
  | { readonly type: "restart"; readonly reason?: string }
  | { readonly type: "reset" }
  | { readonly type: "forked"; readonly incarnation: number; readonly session: SessionRef }
  | { readonly type: "fork-failed"; readonly incarnation: number; readonly exit: Exit; readonly fault: ForkFault }
  /** The gate is there, but the disk refuses its record. What can't be recorded must not run. */
  | { readonly type: "unrecorded"; readonly incarnation: number; readonly exit: Exit }
  | { readonly type: "released"; readonly incarnation: number }
  | { readonly type: "ready"; readonly incarnation: number }
  /** `ran`: the command was reached; `empty`: nothing of the session is left. */
  | {
      readonly type: "exited";
      readonly incarnation: number;
      readonly exit: Exit;
      readonly ran: boolean;
      readonly empty: boolean;
    }
  /** A session of an earlier daemon has ended while nobody looked; `excused`: it counts as nobody's fault. */
  | {
      readonly type: "found-dead";
      readonly incarnation: number;
      readonly exit: Exit;
      readonly ran: boolean;
      readonly empty: boolean;
      readonly excused: boolean;
    }
  | { readonly type: "emptied"; readonly incarnation: number }
  /** The watchdog: its beats have stopped. */
  | { readonly type: "missed"; readonly incarnation: number }
  | RestartDue
  | { readonly type: "adopted"; readonly incarnation: number }
  | { readonly type: "tick" };

/** What restarts an agent that nobody asked to restart. */
export type RestartCause = "max-memory" | "cron" | "watch";

/** A trigger has fired for a session; `detail` says in words what it saw. */
export interface RestartDue {
  readonly type: "restart-due";
  readonly incarnation: number;
  readonly cause: RestartCause;
  readonly detail: string;
}

/** Why no gate could be started: trying again cannot help (no such command), the disk refuses records, or anything else. */
export type ForkFault = "definition" | "disk" | "other";

/** What the world is told about an agent; `agent.` events of the protocol carry it. */
export type Announcement =
  | { readonly type: "agent.waiting" }
  | { readonly type: "agent.starting"; readonly incarnation: number }
  | { readonly type: "agent.running"; readonly incarnation: number; readonly pid: number }
  | { readonly type: "agent.ready"; readonly incarnation: number }
  | { readonly type: "agent.adopted"; readonly incarnation: number; readonly pid: number }
  | { readonly type: "agent.stopping"; readonly incarnation: number; readonly reason: string }
  | { readonly type: "agent.exited"; readonly incarnation: number; readonly exit: Exit; readonly asked: boolean }
  | { readonly type: "agent.backoff"; readonly delayMs: number; readonly recentFailures: number }
  | { readonly type: "agent.failed"; readonly reason: string; readonly recentFailures: number }
  | { readonly type: "agent.stopped" }
  | {
      readonly type: "restart.due";
      readonly incarnation: number;
      readonly cause: RestartCause;
      readonly detail: string;
    };

/** What the shell is to do, in this order; `persist` at once, the others when what was to be done before is done. */
export type Effect =
  /** Record the new state; always first. */
  | { readonly type: "persist" }
  /** Start the gate of a new session. */
  | { readonly type: "fork"; readonly incarnation: number }
  /** Let the gate run the command, once the record is written. */
  | { readonly type: "release" }
  /** Watch for the ready condition. */
  | { readonly type: "probe"; readonly incarnation: number }
  /** Ask every process of the session to end. */
  | { readonly type: "signal" }
  /** End every process of the session. */
  | { readonly type: "kill" }
  /** The session is over and recorded: remove what it left in the home. */
  | { readonly type: "discard"; readonly incarnation: number; readonly kind: SessionRef["kind"] }
  | { readonly type: "emit"; readonly announcement: Announcement };

export interface Context {
  readonly spec: Pick<AgentSpec, "restart" | "stop" | "ready">;
  /** Milliseconds of the system's monotonic clock. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  /** False while the disk refuses records: nothing can be started then. */
  readonly canRecord: boolean;
}

export interface Transition {
  readonly state: AgentState;
  readonly effects: readonly Effect[];
}

/** Decides. Never throws: an event that means nothing in this state leaves it as it is. */
export function step(state: AgentState, event: AgentEvent, context: Context): Transition {
  const decided = transition(state, event, context);
  return decided.state === state ? decided : { ...decided, effects: [{ type: "persist" }, ...decided.effects] };
}

function transition(state: AgentState, event: AgentEvent, context: Context): Transition {
  switch (event.type) {
    case "start":
      return start(state, event.hold);
    case "proceed":
      return isHeld(state) ? fork(state) : same(state);
    case "stop":
      return stop(state, event, context);
    case "restart":
      return restart(state, event.reason ?? "restart requested", context);
    case "reset":
      return reset(state);
    case "forked":
      return forked(state, event, context);
    case "fork-failed":
      return forkFailed(state, event, context);
    case "unrecorded":
      return unrecorded(state, event);
    case "released":
      return released(state, event.incarnation, context);
    case "ready":
      return ready(state, event.incarnation);
    case "exited":
      return exited(state, event, context);
    case "found-dead":
      return foundDead(state, event, context);
    case "emptied":
      return isEnding(state, event.incarnation) ? settle(state, context) : same(state);
    case "missed":
      return missed(state, event.incarnation, context);
    case "restart-due":
      return restartDue(state, event, context);
    case "adopted":
      return adopted(state, event.incarnation, context);
    case "tick":
      return tick(state, context);
  }
}

/** True while an agent waits for its dependencies: wanted, nothing started. */
export function isHeld(state: AgentState): boolean {
  return state.status === "starting" && !state.forking && state.session === null;
}

// --- requests -------------------------------------------------------------------------------------------------------

function start(state: AgentState, hold: boolean): Transition {
  switch (state.status) {
    case "stopped":
    case "backoff":
      return begin(up(state), hold);
    case "starting":
    case "running":
      return same(up(state));
    case "stopping":
      return same({ ...up(state), sequel: { kind: "restart" } });
    case "failed":
      return same(state);
  }
}

function stop(
  state: AgentState,
  { remember, reason = "stop requested" }: EventOf<"stop">,
  context: Context,
): Transition {
  const asked = remember ? down(state) : state;
  switch (state.status) {
    case "stopped":
    case "failed":
      return same(asked);
    case "backoff":
      return stopped(asked);
    case "starting":
      return isHeld(state) ? stopped(asked) : end(asked, { kind: "stop" }, reason, context);
    case "running":
      return end(asked, { kind: "stop" }, reason, context);
    case "stopping":
      return same({ ...asked, sequel: { kind: "stop" } });
  }
}

function restart(state: AgentState, reason: string, context: Context): Transition {
  if (state.status === "running") return end(up(state), { kind: "restart" }, reason, context);
  return start(state, false);
}

function reset(state: AgentState): Transition {
  const forgiven = state.failures.length === 0 ? state : { ...state, failures: [] };
  return state.status === "failed" || state.status === "backoff" ? stopped(down(forgiven)) : same(forgiven);
}

// --- the life of a session ------------------------------------------------------------------------------------------

function begin(state: AgentState, hold: boolean): Transition {
  if (!hold) return fork(state);
  const held: AgentState = { ...state, status: "starting", deadline: null, sequel: null };
  return { state: held, effects: [emit({ type: "agent.waiting" })] };
}

function fork(state: AgentState): Transition {
  const incarnation = state.incarnation + 1;
  return {
    state: {
      ...state,
      status: "starting",
      incarnation,
      forking: true,
      ready: false,
      adopted: false,
      deadline: null,
      sequel: null,
    },
    effects: [emit({ type: "agent.starting", incarnation }), { type: "fork", incarnation }],
  };
}

type EventOf<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>;

function forked(state: AgentState, event: EventOf<"forked">, context: Context): Transition {
  if (!state.forking || event.incarnation !== state.incarnation) return same(state);
  const gated = { ...state, forking: false, session: event.session, startedMono: context.now };
  // A stop that came meanwhile finds a gate that has run nothing yet: it needs no grace.
  return { state: gated, effects: [{ type: state.status === "stopping" ? "kill" : "release" }] };
}

function forkFailed(state: AgentState, event: EventOf<"fork-failed">, context: Context): Transition {
  if (!state.forking || event.incarnation !== state.incarnation) return same(state);
  const returned = givenBack({ ...state, forking: false, lastExit: event.exit });
  if (state.status === "stopping") return settle(returned, context);
  if (event.fault === "definition") return failed(returned, event.exit.reason);
  const sequel: Sequel = event.fault === "disk" ? { kind: "unrecorded" } : FAILED_TO_START;
  return settle({ ...returned, sequel }, context);
}

const FAILED_TO_START: Sequel = { kind: "failure", clean: false, reason: null };

/** A stop that came meanwhile ends the gate anyway. */
function unrecorded(state: AgentState, { incarnation, exit }: EventOf<"unrecorded">): Transition {
  if (state.status !== "starting" || state.session === null || incarnation !== state.incarnation) return same(state);
  const stopping: AgentState = { ...state, status: "stopping", lastExit: exit, sequel: { kind: "unrecorded" } };
  return { state: stopping, effects: [{ type: "kill" }] };
}

function released(state: AgentState, incarnation: number, context: Context): Transition {
  if (state.status !== "starting" || state.session === null || incarnation !== state.incarnation) return same(state);
  const pid = state.session.identity.pid;
  return awaitReady({ ...state, status: "running" }, [emit({ type: "agent.running", incarnation, pid })], context);
}

function adopted(state: AgentState, incarnation: number, context: Context): Transition {
  if (state.session === null || incarnation !== state.incarnation) return same(state);
  const announce = emit({ type: "agent.adopted", incarnation, pid: state.session.identity.pid });
  if (state.status === "stopping") {
    const reason = "stop resumed";
    const stopping = emit({ type: "agent.stopping", incarnation, reason });
    return { state: { ...state, adopted: true }, effects: [announce, stopping, resumedEnd(state)] };
  }
  const running: AgentState = { ...state, status: "running", adopted: true };
  return state.ready ? { state: running, effects: [announce] } : awaitReady(running, [announce], context);
}

/** An end that an earlier daemon began keeps the deadline it was given; without one the session was being killed already. */
function resumedEnd(state: AgentState): Effect {
  return { type: state.deadline === null ? "kill" : "signal" };
}

function awaitReady(state: AgentState, effects: readonly Effect[], context: Context): Transition {
  const policy = context.spec.ready;
  if (policy === null) {
    const isReady = ready(state, state.incarnation);
    return { ...isReady, effects: [...effects, ...isReady.effects] };
  }
  return {
    state: { ...state, deadline: context.now + policy.timeoutMs },
    effects: [...effects, { type: "probe", incarnation: state.incarnation }],
  };
}

function ready(state: AgentState, incarnation: number): Transition {
  if (state.status !== "running" || state.ready || incarnation !== state.incarnation) return same(state);
  return {
    state: { ...state, ready: true, deadline: null },
    effects: [emit({ type: "agent.ready", incarnation })],
  };
}

/** The same way as a crash: the restart policy decides, and its guard against crash loops holds. */
function missed(state: AgentState, incarnation: number, context: Context): Transition {
  if (state.status !== "running" || incarnation !== state.incarnation) return same(state);
  return end(state, { kind: "failure", clean: false, reason: "watchdog" }, "watchdog", context);
}

/**
 * Only what runs is restarted: whatever ends or waits already starts anew by itself, and what is at rest was stopped or
 * gave up. A schedule and a saved file are nobody's fault. Too much memory is: an agent that fills it again and again
 * must wait between its restarts and end in a crash loop, as one that dies of it does.
 */
function restartDue(state: AgentState, { incarnation, cause, detail }: RestartDue, context: Context): Transition {
  if (state.status !== "running" || incarnation !== state.incarnation) return same(state);
  const reason = `${cause}: ${detail}`;
  const sequel: Sequel =
    cause === "max-memory" ? { kind: "failure", clean: false, reason } : { kind: "restart", reason };
  const ending = end(state, sequel, reason, context);
  return { ...ending, effects: [emit({ type: "restart.due", incarnation, cause, detail }), ...ending.effects] };
}

/** Asks the session to end; what follows is decided when it is gone. */
function end(state: AgentState, sequel: Sequel, reason: string, context: Context): Transition {
  const announce = emit({ type: "agent.stopping", incarnation: state.incarnation, reason });
  const stopping: AgentState = { ...state, status: "stopping", ready: false, sequel, deadline: null };
  if (state.session === null) return { state: stopping, effects: [announce] };
  return {
    state: { ...stopping, deadline: context.now + context.spec.stop.graceMs },
    effects: [announce, { type: "signal" }],
  };
}

function exited(state: AgentState, event: EventOf<"exited">, context: Context): Transition {
  if (state.session === null || event.incarnation !== state.incarnation) return same(state);
  const sequel = state.sequel ?? { kind: "failure", clean: event.exit.code === 0, reason: null };
  if (!event.ran) return settle(givenBack({ ...state, session: null, sequel }), context);

  const reason = reasonOf(sequel);
  const lastExit = reason === null ? event.exit : { ...event.exit, reason };
  const asked = sequel.kind === "stop" || sequel.kind === "restart";
  const announce = emit({ type: "agent.exited", incarnation: event.incarnation, exit: lastExit, asked });
  const over: AgentState = { ...state, status: "stopping", ready: false, lastExit, sequel };
  if (event.empty) {
    const settled = settle(over, context);
    return { ...settled, effects: [announce, ...settled.effects] };
  }
  // A stop under way goes on with its own deadline; leftovers of a crash get the same grace from now.
  if (state.status === "stopping") return { state: over, effects: [announce] };
  const deadline = context.now + context.spec.stop.graceMs;
  return { state: { ...over, deadline }, effects: [announce, { type: "signal" }] };
}

/** Why Hearth ended it, if it did so by itself. */
function reasonOf(sequel: Sequel): string | null {
  if (sequel.kind === "failure") return sequel.reason;
  return sequel.kind === "restart" ? (sequel.reason ?? null) : null;
}

function foundDead(state: AgentState, event: EventOf<"found-dead">, context: Context): Transition {
  const { excused, ...end } = event;
  const blamed: AgentState = excused && state.sequel === null ? { ...state, sequel: { kind: "excused" } } : state;
  const found = exited(blamed, { ...end, type: "exited" }, context);
  // What is left of a session that was being ended hears nothing from this daemon unless it is told again.
  const isResumed = state.status === "stopping" && found.state.session !== null;
  return isResumed ? { ...found, effects: [...found.effects, resumedEnd(state)] } : found;
}

/** The session is gone (or never came to be): carry on with what was to follow. */
function settle(state: AgentState, context: Context): Transition {
  const { session, sequel } = state;
  const gone: AgentState = {
    ...state,
    session: null,
    startedMono: null,
    forking: false,
    ready: false,
    adopted: false,
    deadline: null,
    sequel: null,
  };
  const follow = sequel === null ? stopped(gone) : follows(gone, sequel, context);
  if (session === null) return follow;
  const discard: Effect = { type: "discard", incarnation: state.incarnation, kind: session.kind };
  // Last, since it waits for the disk: what follows is told, and begun, before.
  return { ...follow, effects: [...follow.effects, discard] };
}

function follows(gone: AgentState, sequel: Sequel, context: Context): Transition {
  switch (sequel.kind) {
    case "stop":
      return stopped(gone);
    case "restart":
      return fork(gone);
    case "excused":
      return gone.wanted === "up" ? fork(gone) : stopped(gone);
    case "unrecorded":
      return backoff({ ...gone, sequel }, RECORD_AGAIN_MS, context);
    case "failure":
      return afterFailure(gone, sequel.clean, context);
  }
}

/** Pause before what the disk refused to record is tried again, in milliseconds. */
const RECORD_AGAIN_MS = 1_000;

function backoff(gone: AgentState, delayMs: number, { now, spec }: Context): Transition {
  const { length } = recentFailures(gone.failures, spec.restart, now);
  return {
    state: { ...gone, status: "backoff", deadline: now + delayMs },
    effects: [emit({ type: "agent.backoff", delayMs, recentFailures: length })],
  };
}

function afterFailure(gone: AgentState, clean: boolean, context: Context): Transition {
  const { now, random, spec } = context;
  const decision = decideRestart(spec.restart, gone.failures, { clean, now, random });
  switch (decision.kind) {
    case "rest":
      return stopped(down(gone));
    case "crash-loop":
      return failed({ ...gone, failures: decision.failures }, gone.lastExit?.reason ?? "it kept failing");
    case "retry": {
      const counted = { ...gone, failures: decision.failures };
      if (decision.delayMs === 0) return fork({ ...counted, restarts: counted.restarts + 1 });
      return backoff(counted, decision.delayMs, context);
    }
  }
}

function tick(state: AgentState, context: Context): Transition {
  if (state.deadline === null || context.now < state.deadline) return same(state);
  switch (state.status) {
    case "backoff":
      return retry(state, context);
    case "running": {
      const reason = `not ready within ${context.spec.ready?.timeoutMs ?? 0} ms`;
      return end(state, { kind: "failure", clean: false, reason }, reason, context);
    }
    case "stopping":
      return { state: { ...state, deadline: null }, effects: [{ type: "kill" }] };
    default:
      return same({ ...state, deadline: null });
  }
}

function retry(state: AgentState, { canRecord, now }: Context): Transition {
  if (!canRecord) return same({ ...state, deadline: now + RECORD_AGAIN_MS });
  return fork(state.sequel === null ? { ...state, restarts: state.restarts + 1 } : state);
}

// --- small parts ----------------------------------------------------------------------------------------------------

function same(state: AgentState): Transition {
  return { state, effects: [] };
}

function emit(announcement: Announcement): Effect {
  return { type: "emit", announcement };
}

function up(state: AgentState): AgentState {
  return state.wanted === "up" ? state : { ...state, wanted: "up" };
}

function down(state: AgentState): AgentState {
  return state.wanted === "down" ? state : { ...state, wanted: "down" };
}

/** The number of a session that never ran is used again. */
function givenBack(state: AgentState): AgentState {
  return { ...state, incarnation: state.incarnation - 1 };
}

function isEnding(state: AgentState, incarnation: number): boolean {
  return state.status === "stopping" && state.session !== null && incarnation === state.incarnation;
}

function stopped(state: AgentState): Transition {
  const rested: AgentState = { ...state, status: "stopped", deadline: null, sequel: null };
  return { state: rested, effects: [emit({ type: "agent.stopped" })] };
}

function failed(state: AgentState, reason: string): Transition {
  return {
    state: { ...down(state), status: "failed", deadline: null },
    effects: [emit({ type: "agent.failed", reason, recentFailures: state.failures.length })],
  };
}
