// Example values for the method table, so that each is written once.
import type { LifecycleRequest } from "./lifecycle.js";
import type { AgentStatus, DaemonStatus } from "./status.js";

export const exampleAgent: AgentStatus = {
  agent: "gateway",
  state: "running",
  ready: true,
  adopted: false,
  incarnation: 4,
  pid: 4242,
  startedAt: "2026-03-01T08:00:00.000Z",
  uptimeMs: 61_000,
  wanted: "up",
  autostart: true,
  restarts: 1,
  recentFailures: 1,
  backoffUntil: null,
  lastExit: { code: null, signal: "SIGKILL", at: "2026-03-01T07:59:59.000Z", reason: "killed by SIGKILL" },
  lastBeat: null,
  lastPoke: null,
  logFile: "/home/ada/.hearth/logs/agents/gateway.log",
  session: "process",
  command: ["node", "gateway.mjs"],
  waitingFor: [],
};

export const exampleDaemon: DaemonStatus = {
  pid: 4200,
  instanceId: "5f0c1c1e7a5d4a36",
  startedAt: "2026-03-01T07:00:00.000Z",
  uptimeMs: 3_661_000,
  daemonVersion: "0.1.0",
  protocolVersion: 1,
  executableIsNewer: false,
  home: "/home/ada/.hearth",
  socketPath: "/home/ada/.hearth/daemon.sock",
  logFile: "/home/ada/.hearth/logs/daemon.log",
  health: { status: "ok", reasons: [] },
  heartbeat: { intervalMs: 60_000, count: 0, lastAt: null },
  agents: { total: 1, byState: { stopped: 0, starting: 0, running: 1, stopping: 0, backoff: 0, failed: 0 } },
  connections: 1,
  memory: { rssBytes: 55_000_000, heapUsedBytes: 9_000_000 },
};

export const exampleRequest: LifecycleRequest = {
  id: "r-4",
  from: "mayor",
  agent: "mayor",
  action: "cycle",
  reason: "context is full",
  requestedAt: "2026-03-01T08:00:00.000Z",
  state: "done",
  incarnation: { before: 4, after: 5 },
};

export const exampleEvent = {
  seq: 1_772_352_000_000_001,
  at: "2026-03-01T08:00:00.000Z",
  type: "agent.ready",
  agent: "gateway",
  data: { incarnation: 4 },
};
