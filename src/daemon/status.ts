// What callers see of the daemon.
import type { AgentStatus, DaemonStatus } from "../../protocol/methods.js";
import { DAEMON_VERSION, PROTOCOL_VERSION } from "../../protocol/version.js";
import type { HeartbeatCounters } from "../supervisor/heartbeat.js";
import { timestamp } from "../supervisor/status.js";

/** What changes from one look to the next. */
export interface DaemonView {
  readonly instanceId: string;
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly executableIsNewer: boolean;
  readonly home: string;
  readonly socketPath: string;
  readonly logFile: string;
  readonly healthReasons: readonly string[];
  readonly heartbeat: HeartbeatCounters & { readonly intervalMs: number };
  readonly agents: Iterable<AgentStatus["state"]>;
  readonly connections: number;
}

export function daemonStatus(view: DaemonView): DaemonStatus {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    pid: process.pid,
    instanceId: view.instanceId,
    startedAt: timestamp(view.startedAt),
    uptimeMs: Math.round(view.uptimeMs),
    daemonVersion: DAEMON_VERSION,
    protocolVersion: PROTOCOL_VERSION,
    executableIsNewer: view.executableIsNewer,
    home: view.home,
    socketPath: view.socketPath,
    logFile: view.logFile,
    health: { status: view.healthReasons.length === 0 ? "ok" : "degraded", reasons: [...view.healthReasons] },
    heartbeat: { ...view.heartbeat, lastAt: view.heartbeat.lastAt === null ? null : timestamp(view.heartbeat.lastAt) },
    agents: countByState(view.agents),
    connections: view.connections,
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
  };
}

function countByState(states: Iterable<AgentStatus["state"]>): DaemonStatus["agents"] {
  const byState = { stopped: 0, starting: 0, running: 0, stopping: 0, backoff: 0, failed: 0 };
  let total = 0;
  for (const state of states) {
    byState[state]++;
    total++;
  }
  return { total, byState };
}
