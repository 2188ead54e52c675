// The schemas of what the daemon tells about itself, its agents and their sessions.
import * as v from "valibot";
import { Count, Timestamp } from "./schema.js";

/** States of an agent. */
export const AGENT_STATES = ["stopped", "starting", "running", "stopping", "backoff", "failed"] as const;

const MaybeTime = v.nullable(Timestamp);

/** How the latest session ended; `code` and `signal` are null when nobody saw it. */
const LastExit = v.object({
  code: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  at: Timestamp,
  reason: v.string(),
});

const Usage = v.object({
  cpuPercent: v.pipe(
    v.nullable(v.number()),
    v.description("Of one core, over the life of each process, as ps tells it; null without ps."),
  ),
  memoryBytes: v.pipe(
    v.nullable(Count),
    v.description("Resident memory of all processes; shared pages count for each."),
  ),
  processes: Count,
});

const StateChange = v.object({
  at: Timestamp,
  states: v.pipe(
    v.array(v.picklist(AGENT_STATES)),
    v.description("Entered within this minute, the last of them last."),
  ),
});

const RestartPolicy = v.object({
  policy: v.picklist(["on-failure", "always", "never"]),
  maxAttempts: Count,
  windowMs: Count,
  backoffMs: Count,
  backoffMaxMs: Count,
  jitter: v.number(),
});

const LastPoke = v.object({ at: Timestamp, delivered: v.boolean(), via: v.string() });

/** One agent at a glance. What does not apply is null. */
export const AgentStatusSchema = v.object({
  agent: v.string(),
  state: v.picklist(AGENT_STATES),
  /** Its ready condition is met; without one, it runs. */
  ready: v.boolean(),
  /** The session was started by an earlier daemon. */
  adopted: v.boolean(),
  /** Number of the latest session, 0 before the first. */
  incarnation: Count,
  pid: v.nullable(Count),
  startedAt: MaybeTime,
  uptimeMs: v.nullable(Count),
  wanted: v.picklist(["up", "down"]),
  /** Its definition has it started with the daemon. */
  autostart: v.boolean(),
  /** Restarts by policy, in all. */
  restarts: Count,
  /** Failures within the restart policy's window. */
  recentFailures: Count,
  backoffUntil: MaybeTime,
  lastExit: v.nullable(LastExit),
  lastBeat: MaybeTime,
  lastPoke: v.nullable(LastPoke),
  logFile: v.string(),
  /** Of an agent whose stderr is kept out of its log. */
  stderrFile: v.optional(v.string()),
  session: v.picklist(["process", "tmux"]),
  command: v.array(v.string()),
  /** Dependencies that are not ready yet. */
  waitingFor: v.array(v.string()),
  usage: v.optional(
    v.pipe(
      v.nullable(Usage),
      v.description("What its session uses; null while there is none or nobody can tell. Only when asked for."),
    ),
  ),
  history: v.optional(
    v.pipe(
      v.array(StateChange),
      v.description(
        "Its changes of state in the last hour, to the minute; the first is the state an hour ago, or as far as is known. Only when asked for.",
      ),
    ),
  ),
  restartPolicy: v.optional(v.pipe(RestartPolicy, v.description("As its definition has it. Only when asked for."))),
  /** When its schedule restarts it next; only while it is up. */
  nextRestartAt: v.optional(Timestamp),
});

/** The daemon at a glance. */
export const DaemonStatusSchema = v.object({
  pid: Count,
  instanceId: v.string(),
  startedAt: Timestamp,
  uptimeMs: Count,
  daemonVersion: v.string(),
  protocolVersion: Count,
  /** The program on disk was replaced since this daemon started. */
  executableIsNewer: v.boolean(),
  home: v.string(),
  socketPath: v.string(),
  logFile: v.string(),
  health: v.object({ status: v.picklist(["ok", "degraded"]), reasons: v.array(v.string()) }),
  /** `count` is the scheduled pokes of all agents. */
  heartbeat: v.object({ intervalMs: Count, count: Count, lastAt: MaybeTime }),
  agents: v.object({
    total: Count,
    byState: v.object({
      stopped: Count,
      starting: Count,
      running: Count,
      stopping: Count,
      backoff: Count,
      failed: Count,
    }),
  }),
  connections: Count,
  memory: v.object({ rssBytes: Count, heapUsedBytes: Count }),
});

export type AgentState = (typeof AGENT_STATES)[number];
export type AgentStatus = v.InferOutput<typeof AgentStatusSchema>;
export type DaemonStatus = v.InferOutput<typeof DaemonStatusSchema>;
