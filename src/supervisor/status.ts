// What callers see of an agent.
import type { AgentStatus } from "../../protocol/methods.js";
import type { Agent } from "./agent.js";
import type { Clock } from "./clock.js";
import type { AgentState } from "./machine.js";
import { recentFailures } from "./restart-policy.js";
import { changesOf } from "./state-history.js";

/** The agent at this moment; `waitingFor` are dependencies that keep it from starting. */
export function agentStatus(
  agent: Agent,
  view: {
    readonly clock: Clock;
    readonly waitingFor: readonly string[];
    readonly logFile: string;
    readonly stderrFile: string | null;
    readonly nextRestartAt: number | null;
  },
): AgentStatus {
  const { spec, state } = agent;
  const now = view.clock.mono();
  return {
    agent: spec.name,
    state: state.status,
    ready: state.ready,
    adopted: state.adopted,
    incarnation: state.incarnation,
    pid: state.session?.identity.pid ?? null,
    startedAt: state.session === null ? null : timestamp(state.session.startedAt),
    uptimeMs: state.startedMono === null ? null : Math.max(0, Math.round(now - state.startedMono)),
    wanted: wantedNow(agent),
    autostart: spec.autostart,
    restarts: state.restarts,
    recentFailures: recentFailures(state.failures, spec.restart, now).length,
    backoffUntil: backoffUntil(state, view.clock),
    lastExit: state.lastExit === null ? null : { ...state.lastExit, at: timestamp(state.lastExit.at) },
    lastBeat: agent.lastBeat === null ? null : timestamp(agent.lastBeat),
    lastPoke: lastPoke(agent),
    logFile: view.logFile,
    ...(view.stderrFile === null ? {} : { stderrFile: view.stderrFile }),
    session: spec.session,
    command: [...spec.command],
    waitingFor: [...view.waitingFor],
    ...(view.nextRestartAt === null ? {} : { nextRestartAt: timestamp(view.nextRestartAt) }),
  };
}

/** Its states of the last hour, in the words of the protocol. */
export function agentHistory({ history }: Agent, clock: Clock): NonNullable<AgentStatus["history"]> {
  const [wall, mono] = [clock.wall(), clock.mono()];
  return changesOf(history, mono).map(({ at, states }) => ({
    at: timestamp(Math.round(wall + at - mono)),
    states: [...states],
  }));
}

/** Whether the agent should run: what was last asked for, else what its definition says. */
export function wantedNow({ spec, state }: Pick<Agent, "spec" | "state">): "up" | "down" {
  return state.wanted ?? (spec.autostart ? "up" : "down");
}

function lastPoke({ lastPoke: poke }: Agent): AgentStatus["lastPoke"] {
  return poke === null ? null : { at: timestamp(poke.at), delivered: poke.delivered, via: poke.via };
}

function backoffUntil(state: AgentState, clock: Clock): string | null {
  if (state.status !== "backoff" || state.deadline === null) return null;
  return timestamp(clock.wall() + state.deadline - clock.mono());
}

/** RFC 3339 in UTC, as the protocol writes every time. */
export function timestamp(unixMs: number): string {
  if (unixMs !== latest.unixMs) latest = { unixMs, text: new Date(unixMs).toISOString() };
  return latest.text;
}

/** Thousands of answers within one millisecond carry the same time, and writing it was a tenth of their cost. */
let latest = { unixMs: 0, text: new Date(0).toISOString() };
