// What `hearth status` shows to people: one look at the daemon and at all agents, some of them, or one in full.
import type { AgentStatus, DaemonStatus } from "../../../protocol/methods.js";
import type { Client } from "../../client/client.js";
import type { CallOptions } from "../../client/limit.js";
import { type AgentSurroundings, renderAgentPage } from "../render/agent-page.js";
import { renderAgents } from "../render/agents.js";
import { renderDaemonLine } from "../render/daemon.js";
import type { Style } from "../render/text.js";
import type { Subject } from "./command.js";

/** What was seen; `at` is unix milliseconds. */
export type Seen = { readonly at: number; readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] } & (
  | { readonly kind: "agents"; readonly match: string | undefined }
  | ({ readonly kind: "agent" } & AgentSurroundings)
);

export interface LookOptions extends CallOptions {
  /** What processes use is looked at too, which takes longer than all the rest. */
  readonly usage: boolean;
}

/** Requests, events and lines of a log on the page of an agent. */
const REQUESTS = 3;
const EVENTS = 8;
const LOG_LINES = 10;

/** Beats and pokes, of which the page has the latest, would leave no room for anything else. */
const EVENTS_OF_NOTE = ["agent.*", "watchdog.*", "restart.*", "lifecycle.*", "handoff.*", "log.*"];

/** See the first line of this file. All calls leave together. */
export async function look(client: Client, subject: Subject, { usage, ...options }: LookOptions): Promise<Seen> {
  const details = { usage, history: true };
  const status = client.call("daemon.status", {}, options);
  if (subject.kind === "agents") {
    const { match } = subject;
    const wish = match === undefined ? details : { ...details, match };
    const [daemon, { agents }] = await Promise.all([status, client.call("agent.list", wish, options)]);
    return { kind: "agents", match, at: Date.now(), daemon, agents };
  }
  const { agent } = subject;
  const [daemon, told, { requests }, { events }, { lines }] = await Promise.all([
    status,
    client.call("agent.get", { ...details, agent, restartPolicy: true }, options),
    client.call("lifecycle.list", { agent, limit: REQUESTS }, options),
    client.call("events.list", { agents: [agent], types: EVENTS_OF_NOTE, limit: EVENTS }, options),
    client.call("agent.logs", { agent, lines: LOG_LINES }, options),
  ]);
  return { kind: "agent", at: Date.now(), daemon, agents: [told], requests, events, log: lines };
}

/** Lines for people; `now` in unix milliseconds. */
export function renderSeen(seen: Seen, style: Style, { now }: { readonly now: number }): string[] {
  const daemon = renderDaemonLine(seen.daemon, style);
  if (seen.kind === "agents") return [...daemon, "", ...renderAgents(seen.agents, style, { now, match: seen.match })];
  return [...daemon, "", ...seen.agents.flatMap((agent) => renderAgentPage(agent, seen, style, { now }))];
}

/** What was seen, as it must be by now: what runs is so much older. */
export function grownOlder(seen: Seen, { now }: { readonly now: number }): Seen {
  const elapsedMs = Math.max(0, now - seen.at);
  const older = ({ uptimeMs, ...agent }: AgentStatus): AgentStatus => ({
    ...agent,
    uptimeMs: uptimeMs === null ? null : uptimeMs + elapsedMs,
  });
  const daemon = { ...seen.daemon, uptimeMs: seen.daemon.uptimeMs + elapsedMs };
  return { ...seen, daemon, agents: seen.agents.map(older) };
}

/** What was seen, with what sessions that are the same were seen to use before. */
export function withUsageOf(seen: Seen, before: Seen | null): Seen {
  const used = new Map(before?.agents.map((agent) => [agent.agent, agent]));
  const agents = seen.agents.map((agent) => {
    const earlier = used.get(agent.agent);
    const isSame = agent.pid !== null && earlier?.incarnation === agent.incarnation;
    return { ...agent, usage: (isSame ? earlier.usage : null) ?? null };
  });
  return { ...seen, agents };
}
