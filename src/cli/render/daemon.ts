// The daemon for people: one line above the agents, or all there is to know.
import type { DaemonStatus } from "../../../protocol/methods.js";
import { formatDuration } from "./duration.js";
import { type Fact, renderFacts } from "./facts.js";
import { paint, plain, type Style } from "./text.js";
import { clipToWidth } from "./width.js";

/** What `daemon status --json` prints. */
export interface DaemonReport extends Partial<DaemonStatusFields> {
  readonly status: "running" | "stopped" | "stale" | "unresponsive";
  readonly pid: number | null;
  readonly socketPath: string | null;
  readonly descriptorPath: string;
  /** How a status other than running or stopped is known. */
  readonly why?: string;
}

type DaemonStatusFields = Omit<DaemonStatus, "pid" | "socketPath">;

const COLOURS = { running: "green", stopped: "dim", stale: "yellow", unresponsive: "red" } as const;

/** One line: "daemon running, pid 4200, up 1h 1m". */
export function renderDaemonLine(daemon: DaemonStatus, style: Style): string[] {
  const line = `pid ${daemon.pid}, up ${formatDuration(daemon.uptimeMs)}, ${plain(daemon.home)}`;
  const state = `daemon ${paint("running", "green", style)}`;
  return [clipToWidth(`${state}, ${line}`, style.columns), ...warnings(daemon, style)];
}

/** A line for each thing worth knowing. */
export function renderDaemon(report: DaemonReport, style: Style): string[] {
  const status = `${paint(report.status, COLOURS[report.status], style)}${report.why === undefined ? "" : `: ${plain(report.why)}`}`;
  const lines = renderFacts([["daemon", status], ...facts(report)]);
  return isComplete(report) ? [...lines, ...warnings(report, style)] : lines;
}

function facts(report: DaemonReport): Fact[] {
  const { pid, socketPath, descriptorPath } = report;
  const socket: Fact[] = socketPath === null ? [] : [["socket", plain(socketPath)]];
  const files: Fact[] = [...socket, ["descriptor", plain(descriptorPath)]];
  const process: Fact[] = pid === null ? [] : [["pid", String(pid)]];
  return isComplete(report) ? [...process, ...liveFacts(report), ...files] : [...process, ...files];
}

function liveFacts(daemon: DaemonStatusFields): Fact[] {
  const { agents, memory, connections, heartbeat } = daemon;
  return [
    ["started", `${plain(daemon.startedAt)} (up ${formatDuration(daemon.uptimeMs)})`],
    ["version", `${plain(daemon.daemonVersion)}, protocol ${daemon.protocolVersion}`],
    ["agents", `${agents.total}${byState(agents.byState)}`],
    ["pokes", scheduled(heartbeat)],
    ["connections", String(connections)],
    ["memory", `${Math.round(memory.rssBytes / 1_000_000)} MB`],
    ["home", plain(daemon.home)],
    ["log", plain(daemon.logFile)],
  ];
}

function scheduled({ count, lastAt }: DaemonStatus["heartbeat"]): string {
  return `${count} scheduled${lastAt === null ? "" : `, the last at ${plain(lastAt)}`}`;
}

function byState(counts: DaemonStatus["agents"]["byState"]): string {
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  return present.length === 0 ? "" : ` (${present.map(([state, count]) => `${count} ${state}`).join(", ")})`;
}

function warnings(
  { health, executableIsNewer }: Pick<DaemonStatus, "health" | "executableIsNewer">,
  style: Style,
): string[] {
  const upgraded = "hearthd on disk is newer than the daemon: run `hearth daemon restart`";
  const texts = [
    ...health.reasons.map((reason) => `degraded: ${plain(reason)}`),
    ...(executableIsNewer ? [upgraded] : []),
  ];
  return texts.map((text) => paint(text, "yellow", style));
}

function isComplete(report: DaemonReport): report is DaemonReport & DaemonStatusFields {
  return report.startedAt !== undefined;
}
