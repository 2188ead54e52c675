// One agent for people: all there is to know of it.
import type { AgentStatus, LifecycleRequest } from "../../../protocol/methods.js";
import { describe, timeUntil } from "./agents.js";
import { formatAge, formatDuration } from "./duration.js";
import { type Event, renderFields } from "./events.js";
import { type Fact, renderFacts } from "./facts.js";
import { renderLogLines } from "./logs.js";
import { formatBytes, formatPercent } from "./quantity.js";
import { renderRequests } from "./requests.js";
import { colourOf, signOf } from "./signs.js";
import { renderStrip, stripCells } from "./strip.js";
import { paint, plain, type Style } from "./text.js";
import { clipToWidth } from "./width.js";

/** What is known of an agent beside its status. */
export interface AgentSurroundings {
  /** The latest first. */
  readonly requests: readonly LifecycleRequest[];
  /** The latest last. */
  readonly events: readonly Event[];
  /** The last lines of its output. */
  readonly log: readonly string[];
}

interface Moment {
  /** Unix milliseconds. */
  readonly now: number;
}

/** The strip on a page; each character stands for two minutes. */
const STRIP_CELLS = 30;
/** What stands before the value of a fact. */
const NAME_COLUMNS = 11;
const AGE_COLUMNS = 13;

/** Facts, then what happened lately; what there is none of is left out. */
export function renderAgentPage(
  agent: AgentStatus,
  { requests, events, log }: AgentSurroundings,
  style: Style,
  { now }: Moment,
): string[] {
  const lines = events.map((event) => clipToWidth(renderLateEvent(event, now), style.columns));
  const output = renderLogLines(log, style).map((line) => clipToWidth(line, style.columns));
  return [
    ...renderAgent(agent, style, { now }),
    ...section("Requests", requests.length === 0 ? [] : renderRequests(requests, style, { now }), style),
    ...section("Events", lines, style),
    ...section("Output", output, style),
  ];
}

/** A line for each fact. */
export function renderAgent(agent: AgentStatus, style: Style, { now }: Moment): string[] {
  const { lastBeat, lastPoke, lastExit, restarts, recentFailures } = agent;
  const facts: Fact[] = [
    ["agent", plain(agent.agent)],
    ["state", paint(`${signOf(agent, style)} ${describe(agent)}`, colourOf(agent), style)],
    ...nextFacts(agent, now),
    ...startFacts(agent),
    ["session", `${agent.session}, incarnation ${agent.incarnation}${agent.adopted ? ", adopted" : ""}`],
    ["command", plain(agent.command.map(worded).join(" "))],
    ...usageFacts(agent),
    ["restarts", `${restarts} by policy, ${recentFailures} recent ${recentFailures === 1 ? "failure" : "failures"}`],
    ...scheduleFacts(agent),
    ...policyFacts(agent),
    ["last exit", lastExit === null ? "none" : `${plain(lastExit.reason)}, ${formatAge(lastExit.at, now)}`],
    ["last beat", lastBeat === null ? "none" : formatAge(lastBeat, now)],
    ["last poke", lastPoke === null ? "none" : describePoke(lastPoke, now)],
    ...hourFacts(agent, style, now),
    ["log", plain(agent.logFile)],
  ];
  return renderFacts(facts);
}

/** When it will be tried again, or what has to happen first. */
function nextFacts({ agent, state, backoffUntil, waitingFor }: AgentStatus, now: number): Fact[] {
  if (state === "backoff" && backoffUntil !== null) return [["next try", `in ${timeUntil(backoffUntil, now)}`]];
  if (state === "failed") return [["next try", `none; mend it, then run \`hearth start ${plain(agent)} --reset\``]];
  if (state === "stopped") return [["next try", `none; run \`hearth start ${plain(agent)}\``]];
  if (waitingFor.length === 0) return [];
  const are = waitingFor.length === 1 ? "is" : "are";
  return [["next try", `as soon as ${waitingFor.map(plain).join(" and ")} ${are} ready`]];
}

function startFacts({ startedAt, uptimeMs }: AgentStatus): Fact[] {
  if (startedAt === null) return [];
  const up = uptimeMs === null ? "" : ` (up ${formatDuration(uptimeMs)})`;
  return [["started", `${plain(startedAt)}${up}`]];
}

function scheduleFacts({ nextRestartAt }: AgentStatus): Fact[] {
  return nextRestartAt === undefined ? [] : [["next restart", plain(nextRestartAt)]];
}

function usageFacts({ usage }: AgentStatus): Fact[] {
  if (usage === undefined || usage === null) return [];
  const { cpuPercent, memoryBytes, processes } = usage;
  const parts = [
    ...(cpuPercent === null ? [] : [`CPU ${formatPercent(cpuPercent)}`]),
    ...(memoryBytes === null ? [] : [`memory ${formatBytes(memoryBytes)}`]),
    processes === 1 ? "1 process" : `${processes} processes`,
  ];
  return [["uses", parts.join(", ")]];
}

/** "restarted on failure, at most 3 times within 5m, after 1s to 1m". */
function policyFacts({ restartPolicy }: AgentStatus): Fact[] {
  if (restartPolicy === undefined) return [];
  const { policy, maxAttempts, windowMs, backoffMs, backoffMaxMs } = restartPolicy;
  if (policy === "never") return [["policy", "never restarted"]];
  const delay =
    backoffMs >= backoffMaxMs ? formatMs(backoffMaxMs) : `${formatMs(backoffMs)} to ${formatMs(backoffMaxMs)}`;
  const policies = { always: "restarted after every end", "on-failure": "restarted on failure" };
  const times = maxAttempts === 1 ? "once" : `${maxAttempts} times`;
  return [["policy", `${policies[policy]}, at most ${times} within ${formatMs(windowMs)}, after ${delay}`]];
}

function hourFacts({ history }: AgentStatus, style: Style, now: number): Fact[] {
  if (history === undefined) return [];
  const cells = Math.min(STRIP_CELLS, stripCells(style.columns - NAME_COLUMNS));
  return [["last hour", renderStrip(history, { cells, now }, style)]];
}

function describePoke({ at, delivered, via }: NonNullable<AgentStatus["lastPoke"]>, now: number): string {
  return `${delivered ? "delivered" : "not delivered"} via ${plain(via)}, ${formatAge(at, now)}`;
}

/** "12s ago  agent.exited code=3". */
function renderLateEvent({ at, type, data }: Event, now: number): string {
  return `${formatAge(at, now).padEnd(AGE_COLUMNS)}${plain(type)}${renderFields(data)}`;
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ["", paint(title, "bold", style), ...lines];
}

/** Also of less than a second. */
function formatMs(ms: number): string {
  return ms > 0 && ms < 1_000 ? `${ms}ms` : formatDuration(ms);
}

/** An argument so that it is seen where it ends. */
function worded(argument: string): string {
  return /^[^\s"'\\]+$/.test(argument) ? argument : JSON.stringify(argument);
}
