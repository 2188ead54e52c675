// Every event the daemon emits, with the notifications that carry it.
import * as v from "valibot";
import { LifecycleRequestSchema } from "./lifecycle.js";
import { Count, Timestamp } from "./schema.js";
import { suggest } from "./suggest.js";

const none = v.object({});
const ofIncarnation = v.object({ incarnation: Count });
const reasons = v.array(v.string());
const names = v.array(v.string());

/** What a reload did, by names of agents. */
export const ReloadSchema = v.object({ added: names, removed: names, changed: names, unchanged: names });

/** The `data` of each type of event. All but those of `daemon.*` name their agent beside it. */
export const events = {
  "daemon.started": v.object({ pid: Count, instanceId: v.string(), daemonVersion: v.string() }),
  "daemon.stopping": v.object({ reason: v.string(), keepAgents: v.boolean() }),
  "daemon.reloaded": ReloadSchema,
  "daemon.degraded": v.object({ reasons }),
  "daemon.recovered": none,
  /** It is to start, and these dependencies are not ready. */
  "agent.waiting": v.object({ waitingFor: names }),
  "agent.starting": ofIncarnation,
  "agent.running": v.object({ incarnation: Count, pid: Count }),
  "agent.ready": ofIncarnation,
  "agent.exited": v.object({
    incarnation: Count,
    code: v.nullable(v.number()),
    signal: v.nullable(v.string()),
    reason: v.string(),
    /** Whether the end was asked for: with a stop, restart, cycle or shutdown, or by a schedule or a watch. */
    asked: v.optional(v.boolean()),
  }),
  "agent.backoff": v.object({ until: Timestamp, delayMs: Count, recentFailures: Count }),
  "agent.failed": v.object({ reason: v.string(), recentFailures: Count }),
  "agent.stopping": v.object({ incarnation: Count, reason: v.string() }),
  "agent.stopped": none,
  "agent.adopted": v.object({ incarnation: Count, pid: Count }),
  "agent.added": none,
  "agent.removed": none,
  "agent.changed": none,
  "poke.sent": v.object({
    delivered: v.boolean(),
    via: v.string(),
    detail: v.optional(v.string()),
    /** False for one that somebody asked for. */
    scheduled: v.boolean(),
  }),
  beat: v.object({ incarnation: Count, status: v.optional(v.string()), note: v.optional(v.string()) }),
  "watchdog.missed": v.object({ incarnation: Count, intervals: Count }),
  /** A trigger of its definition restarts an agent; `detail` says in words what it saw. */
  "restart.due": v.object({
    incarnation: Count,
    cause: v.picklist(["max-memory", "cron", "watch"]),
    detail: v.string(),
  }),
  "lifecycle.accepted": LifecycleRequestSchema,
  "lifecycle.running": LifecycleRequestSchema,
  "lifecycle.done": LifecycleRequestSchema,
  "lifecycle.failed": LifecycleRequestSchema,
  "lifecycle.expired": LifecycleRequestSchema,
  "lifecycle.superseded": LifecycleRequestSchema,
  "handoff.stored": v.object({ fromIncarnation: Count, bytes: Count }),
  "handoff.taken": v.object({ fromIncarnation: Count, incarnation: Count }),
  "log.rotated": v.object({ file: v.string(), backup: v.string() }),
} as const satisfies Record<string, v.GenericSchema>;

export type EventType = keyof typeof events;
export type EventData<T extends EventType> = v.InferOutput<(typeof events)[T]>;

/** All types of events. */
export const EVENT_TYPES = Object.keys(events) as EventType[];

/** One event with its type, before it has a sequence number. */
export type HearthEvent = {
  [T in EventType]: { readonly type: T; readonly agent: string | null; readonly data: EventData<T> };
}[EventType];

/** Whether a filter such as `agent.exited`, `agent.*` or `*` lets a type through. */
export function matchEventType(filter: string, type: string): boolean {
  if (filter === "*") return true;
  return filter.endsWith(".*") ? type.startsWith(filter.slice(0, -1)) : filter === type;
}

/** A filter that some event can pass; one that none can would be silent for ever. */
export const EventTypeFilter = v.pipe(
  v.string(),
  v.check(
    (filter) => EVENT_TYPES.some((type) => matchEventType(filter, type)),
    ({ input }) => `there is no event type ${JSON.stringify(input)}; the nearest: ${nearest(input)}`,
  ),
);

const FAMILIES = [...new Set(EVENT_TYPES.map((type) => type.replace(/\..*/, ".*")))];

function nearest(filter: string): string {
  const found = suggest(filter, EVENT_TYPES);
  return (found.length > 0 ? found : FAMILIES).join(", ");
}

/** What is told of an event, whatever its type. */
export const EventSchema = v.object({
  seq: Count,
  at: Timestamp,
  type: v.string(),
  agent: v.optional(v.string()),
  data: v.looseObject({}),
});

export type EventRecord = v.InferOutput<typeof EventSchema>;

/** Notifications from the daemon to a client, by method. */
export const notifications = {
  event: {
    summary: "Something happened that the subscription asked for.",
    params: v.object({ subscription: v.string(), ...EventSchema.entries }),
  },
  "events.lagged": {
    summary: "Events are missing: the client read too slowly, or asked for events that are no longer kept.",
    params: v.object({ subscription: v.string(), missed: v.nullable(Count) }),
  },
  log: {
    summary: "Lines were written to a log that the subscription follows.",
    params: v.object({
      subscription: v.string(),
      agent: v.string(),
      lines: v.array(v.string()),
      /** Where they end: `after` to go on from there, also with a later daemon. Told to those who asked with `after`. */
      next: v.optional(v.string()),
    }),
  },
  heartbeat: {
    summary: "To the attached agent: a poke, the `count`th of this agent.",
    params: v.object({ count: Count, at: Timestamp, message: v.string() }),
  },
  "handoff.requested": {
    summary: "To the attached agent: somebody asked for a cycle, which goes on at the deadline or after `handoff.put`.",
    params: v.object({ deadline: Timestamp, reason: v.nullable(v.string()) }),
  },
  "shutdown.requested": {
    summary: "To the attached agent: it will be told to stop, and killed when the grace is over.",
    params: v.object({ reason: v.string(), graceMs: Count }),
  },
} as const satisfies Record<string, { readonly summary: string; readonly params: v.GenericSchema }>;

export type NotificationName = keyof typeof notifications;
export type Notification<N extends NotificationName> = v.InferOutput<(typeof notifications)[N]["params"]>;
