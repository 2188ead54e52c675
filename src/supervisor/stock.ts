// Decides which session is an agent's own when more is found alive than was recorded.
import type { FoundIncarnation, SessionRef } from "../sessions/session.js";
import type { AgentRecord } from "./agent.js";
import { type AgentState, INITIAL_STATE } from "./machine.js";

/** A session with something alive in it. */
export interface LiveSession extends FoundIncarnation {
  readonly ref: SessionRef;
}

/** What an agent goes on from. */
export interface Stock {
  readonly record: AgentRecord;
  /** Sessions of earlier incarnations that live on though a later one has been started: they are to be ended. */
  readonly strays: readonly LiveSession[];
}

/**
 * An agent's own session is the one of its highest incarnation, since no session is started before the one before it has
 * ended: what lives under a lower number is a stray. A record that tells of a lower number is out of date, and one that
 * tells of the highest is right as it is. No number that was found is used again.
 *
 * @param found incarnations that the record does not tell of
 * @param now wall clock (unix milliseconds) and monotonic clock (milliseconds)
 */
export function takeStock(
  record: AgentRecord | null,
  found: readonly FoundIncarnation[],
  now: { readonly wall: number; readonly mono: number },
): Stock {
  const { state, reservedThrough } = record ?? NO_RECORD;
  const latest = Math.max(state.incarnation, ...found.map(({ incarnation }) => incarnation));
  const live = found.filter(isLive);
  const own = live.find(({ incarnation }) => incarnation === latest);
  const isRecorded = state.session !== null && state.incarnation === latest;
  const strays = [...live.filter((session) => session !== own), ...(isRecorded ? [] : outdated(found, state))];
  if (isRecorded) return { record: { state, reservedThrough }, strays };
  const next = own === undefined ? withoutSession(state, latest) : taken(state, own, now);
  return { record: { state: strays.length > 0 ? held(next) : next, reservedThrough }, strays };
}

const NO_RECORD: AgentRecord = { state: INITIAL_STATE, reservedThrough: 0 };

function isLive(session: FoundIncarnation): session is LiveSession {
  return session.ref !== null;
}

/** The session that an outdated record tells of: perhaps something of it lives. */
function outdated(found: readonly FoundIncarnation[], { session, incarnation }: AgentState): LiveSession[] {
  const [{ agent } = { agent: null }] = found;
  return session === null || agent === null ? [] : [{ agent, incarnation, ref: session }];
}

/**
 * As if it had been recorded when it was started. Whether it was ready nobody knows any more; to take it for one that is
 * not would end it once its time to become ready is up.
 */
function taken(state: AgentState, { incarnation, ref }: LiveSession, now: { wall: number; mono: number }): AgentState {
  const uptimeMs = Math.max(0, now.wall - ref.startedAt);
  return {
    ...withoutSession(state, incarnation),
    status: "running",
    wanted: "up",
    session: ref,
    startedMono: now.mono - uptimeMs,
    ready: true,
  };
}

function withoutSession(state: AgentState, incarnation: number): AgentState {
  const isResting = state.status === "failed" || state.status === "backoff";
  return {
    ...state,
    status: isResting ? state.status : "stopped",
    incarnation,
    session: null,
    forking: false,
    startedMono: null,
    ready: false,
    adopted: false,
    deadline: state.status === "backoff" ? state.deadline : null,
    sequel: null,
  };
}

/** Nothing is started by itself while a stray lives. */
function held(state: AgentState): AgentState {
  return state.status === "backoff" ? { ...state, status: "stopped", deadline: null } : state;
}
