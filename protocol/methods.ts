// Every method of the protocol: what it takes, what it answers, who may call it and how it can fail.
import * as v from "valibot";
import { agentMethods } from "./agent-methods.js";
import { EventSchema, EventTypeFilter, ReloadSchema } from "./events.js";
import { exampleDaemon, exampleEvent } from "./examples.js";
import { lifecycleMethods } from "./lifecycle-methods.js";
import { Done, flag, type MethodRows, Nothing, Stream } from "./method-spec.js";
import { AgentGlob, AgentName, Count, integer, LineCount, LogPlace, mapOf, Text, Timestamp, table } from "./schema.js";
import { DaemonStatusSchema } from "./status.js";

const Subscription = v.object({ subscription: v.string() });

/** Which events are meant; what is left out lets all through. */
const eventFilter = {
  types: v.optional(v.pipe(v.array(EventTypeFilter), v.description('Types such as "agent.exited" or "agent.*".'))),
  agents: v.optional(v.pipe(v.array(AgentGlob), v.description("Names of agents, or globs."))),
};

/** The method table. Look names up with `isMethodName`, since every object also has a `toString`. */
export const methods = {
  "system.ping": {
    summary: "Tells that the daemon answers.",
    access: "anyone",
    params: Nothing,
    result: v.object({ pong: v.literal(true), at: Timestamp }),
    errors: [],
    example: { params: {}, result: { pong: true, at: "2026-03-01T08:00:00.000Z" } },
  },
  "system.version": {
    summary: "Tells the versions of the daemon and of its protocol.",
    access: "anyone",
    params: Nothing,
    result: v.object({ daemonVersion: v.string(), protocolVersion: Count }),
    errors: [],
    example: { params: {}, result: { daemonVersion: "0.1.0", protocolVersion: 1 } },
  },
  "system.attach": {
    summary: "Proves who the caller is; everything but the methods for anyone needs it first.",
    access: "anyone",
    params: table({ token: Text, client: v.optional(table({ name: Text, version: Text })) }),
    result: v.object({
      role: v.picklist(["operator", "agent"]),
      agent: v.optional(v.string()),
      incarnation: v.optional(Count),
      protocolVersion: Count,
    }),
    errors: ["bad-token"],
    example: {
      params: { token: "TOKEN-FROM-DAEMON-JSON", client: { name: "my-editor", version: "1.0.0" } },
      result: { role: "operator", protocolVersion: 1 },
    },
  },
  "rpc.discover": {
    summary: "Answers with this document.",
    access: "anyone",
    params: Nothing,
    result: v.looseObject({}),
    errors: [],
    example: { params: {}, result: { openrpc: "1.3.2" } },
  },
  "daemon.status": {
    summary: "Tells how the daemon is.",
    access: "attached",
    params: Nothing,
    result: DaemonStatusSchema,
    errors: [],
    example: { params: {}, result: exampleDaemon },
  },
  "daemon.shutdown": {
    summary: "Stops every agent in reverse order of dependency, then the daemon; answered before it begins.",
    access: "operator",
    params: table({ keepAgents: flag("End the daemon alone; the next one takes the agents over.") }),
    result: Done,
    errors: [],
    example: { params: { keepAgents: true }, result: {} },
  },
  "daemon.restart": {
    summary: "Replaces the daemon with the program on disk while the agents go on; answered before it begins.",
    access: "operator",
    params: Nothing,
    result: Done,
    errors: ["not-possible", "bad-config"],
    example: { params: {}, result: {} },
  },
  "daemon.reload": {
    summary: "Reads hearth.toml again and applies what changed; a wrong file changes nothing.",
    access: "operator",
    params: Nothing,
    result: ReloadSchema,
    errors: ["bad-config", "storage-unavailable"],
    example: { params: {}, result: { added: ["db"], removed: [], changed: ["gateway"], unchanged: ["mayor"] } },
  },
  ...agentMethods,
  ...lifecycleMethods,
  "events.list": {
    summary: "Tells the latest events that the daemon keeps, the latest last.",
    access: "attached",
    params: table({ ...eventFilter, limit: v.optional(integer({ min: 1, max: 1_000 }), 50) }),
    result: v.object({ events: v.array(EventSchema) }),
    errors: [],
    example: { params: { agents: ["gateway"], limit: 1 }, result: { events: [exampleEvent] } },
  },
  "events.subscribe": {
    summary: "Sends `event` notifications from here on, or after the sequence number `since`.",
    access: "attached",
    params: table({
      ...eventFilter,
      since: v.optional(integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
    }),
    result: v.object({ subscription: v.string(), seq: Count }),
    errors: ["limit-reached"],
    example: { params: { types: ["agent.*"] }, result: { subscription: "1", seq: 1_772_352_000_000_000 } },
  },
  "events.unsubscribe": {
    summary: "Ends a subscription of this connection, to events or to a log.",
    access: "attached",
    params: table({ subscription: Text }),
    result: Done,
    errors: ["not-possible"],
    example: { params: { subscription: "1" }, result: {} },
  },
  "logs.follow": {
    summary:
      'Sends `log` notifications: the last `lines` of an agent\'s output, or of the log of "daemon", then what comes. For a glob: of every agent it matches, and of those that are added.',
    access: "attached",
    params: table({
      agent: AgentGlob,
      lines: v.optional(LineCount, 50),
      stream: Stream,
      after: v.optional(
        mapOf(
          AgentName,
          LogPlace,
          "Where to go on for some agents, instead of the last lines; each `log` then tells its `next`.",
        ),
      ),
    }),
    result: Subscription,
    errors: ["no-such-agent", "not-possible", "limit-reached"],
    example: { params: { agent: "daemon", lines: 10 }, result: { subscription: "2" } },
  },
} as const satisfies MethodRows;

export type MethodName = keyof typeof methods;

/** What a caller sends. */
export type Params<M extends MethodName> = v.InferInput<(typeof methods)[M]["params"]>;

/** What a handler receives: checked, names normalised, defaults filled in. */
export type CheckedParams<M extends MethodName> = v.InferOutput<(typeof methods)[M]["params"]>;

/** What a caller gets. */
export type Result<M extends MethodName> = v.InferOutput<(typeof methods)[M]["result"]>;

export type { AgentDefinition, NamedAgentDefinition } from "./definition.js";
export type { LifecycleAction, LifecycleRequest, RequestState } from "./lifecycle.js";
export type { Access, MethodSpec } from "./method-spec.js";
export type { SignalName } from "./signals.js";
export type { AgentState, AgentStatus, DaemonStatus } from "./status.js";

/** Whether a method is served; own names only. */
export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}
