// Every method of the protocol: what it takes, what it answers, who may call it and how it can fail.
import * as v from "valibot";
import { NamedAgentDefinitionSchema, SIGNALS } from "./definition.js";
import type { ErrorKind } from "./errors.js";
import { EventTypeFilter, ReloadSchema } from "./events.js";
import { exampleAgent, exampleDaemon } from "./examples.js";
import { AgentGlob, AgentName, Count, Flag, integer, oneOf, Text, Timestamp, table } from "./schema.js";
import { AgentStatusSchema, DaemonStatusSchema } from "./status.js";

/**
 * Who may call a method: `anyone` before attaching; `attached` any role; `operator`; `permitted` the operator, and an
 * agent for itself or for those its definition lets it control; `agent` an attached agent about itself.
 */
export type Access = "anyone" | "attached" | "operator" | "permitted" | "agent";

/** One row of the method table. */
export interface MethodSpec {
  /** One sentence, for documentation. */
  readonly summary: string;
  readonly access: Access;
  readonly params: v.GenericSchema;
  readonly result: v.GenericSchema;
  /** Kinds of errors beside those any method can give. */
  readonly errors: readonly ErrorKind[];
  readonly example: { readonly params: object; readonly result: unknown };
}

const Nothing = table({});
const Done = v.object({});
const OneAgent = table({ agent: AgentName });
const wait = flag("Answer only when the agents have arrived at the state asked for, or failed to.");
const SomeAgents = table({ agent: AgentGlob, wait });
const Agents = v.object({ agents: v.array(AgentStatusSchema) });
const Subscription = v.object({ subscription: v.string() });
const LineCount = integer({ min: 0, max: 100_000 });

/** Something that is off unless asked for. */
function flag(description: string) {
  return v.optional(v.pipe(Flag, v.description(description)), false);
}

/** Something that is on unless refused. */
function flagOn(description: string) {
  return v.optional(v.pipe(Flag, v.description(description)), true);
}

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
  "agent.list": {
    summary: "Tells how the agents are, all of them or those that a glob matches.",
    access: "attached",
    params: table({ match: v.optional(AgentGlob) }),
    result: Agents,
    errors: [],
    example: { params: { match: "gate*" }, result: { agents: [exampleAgent] } },
  },
  "agent.get": {
    summary: "Tells how one agent is.",
    access: "attached",
    params: OneAgent,
    result: AgentStatusSchema,
    errors: ["no-such-agent"],
    example: { params: { agent: "gateway" }, result: exampleAgent },
  },
  "agent.start": {
    summary: "Starts agents with what they depend on; `wait` answers when they are ready, `reset` clears a crash loop.",
    access: "permitted",
    params: table({
      agent: AgentGlob,
      wait,
      reset: flag("Forget earlier failures first, so that a crash loop is no obstacle."),
    }),
    result: Agents,
    errors: ["no-such-agent", "not-permitted", "not-possible", "limit-reached", "storage-unavailable"],
    example: { params: { agent: "gateway", wait: true }, result: { agents: [exampleAgent] } },
  },
  "agent.stop": {
    summary: "Stops agents; answers when every process of them is gone, or at once when `wait` is false.",
    access: "permitted",
    params: table({ agent: AgentGlob, wait: flagOn("False: answer as soon as the stop has begun.") }),
    result: Agents,
    errors: ["no-such-agent", "not-permitted", "limit-reached", "storage-unavailable"],
    example: {
      params: { agent: "gateway", wait: false },
      result: { agents: [{ ...exampleAgent, state: "stopping", ready: false, wanted: "down" }] },
    },
  },
  "agent.restart": {
    summary: "Stops agents and starts them afresh; `wait` answers when they are ready again.",
    access: "permitted",
    params: SomeAgents,
    result: Agents,
    errors: ["no-such-agent", "not-permitted", "not-possible", "limit-reached", "storage-unavailable"],
    example: {
      params: { agent: "gateway" },
      result: { agents: [{ ...exampleAgent, state: "stopping", ready: false }] },
    },
  },
  "agent.add": {
    summary: "Adds an agent that hearth.toml does not have, and keeps it until it is removed.",
    access: "operator",
    params: NamedAgentDefinitionSchema,
    result: AgentStatusSchema,
    errors: ["not-possible", "bad-config", "storage-unavailable"],
    example: {
      params: { name: "gateway", command: ["node", "gateway.mjs"], cwd: "/srv/gateway", stop: { grace: "5s" } },
      result: exampleAgent,
    },
  },
  "agent.remove": {
    summary: "Stops an agent that agent.add added, and forgets it.",
    access: "operator",
    params: OneAgent,
    result: Done,
    errors: ["no-such-agent", "not-possible", "storage-unavailable"],
    example: { params: { agent: "gateway" }, result: {} },
  },
  "agent.reset": {
    summary: "Clears an agent's crash loop or backoff; it is stopped afterwards.",
    access: "operator",
    params: OneAgent,
    result: AgentStatusSchema,
    errors: ["no-such-agent", "storage-unavailable"],
    example: {
      params: { agent: "gateway" },
      result: {
        ...exampleAgent,
        state: "stopped",
        ready: false,
        pid: null,
        startedAt: null,
        uptimeMs: null,
        wanted: "down",
      },
    },
  },
  "agent.signal": {
    summary: "Sends a signal to the main process of an agent.",
    access: "operator",
    params: table({ agent: AgentName, signal: oneOf(SIGNALS) }),
    result: AgentStatusSchema,
    errors: ["no-such-agent", "not-possible"],
    example: { params: { agent: "gateway", signal: "SIGUSR1" }, result: exampleAgent },
  },
  "agent.logs": {
    summary: "The last lines of an agent's output, at most `bytes` of them.",
    access: "attached",
    params: table({
      agent: AgentName,
      lines: v.optional(LineCount, 50),
      bytes: v.optional(integer({ min: 1, max: 8_388_608 }), 1_048_576),
    }),
    result: v.object({ lines: v.array(v.string()), file: v.string() }),
    errors: ["no-such-agent"],
    example: {
      params: { agent: "gateway", lines: 1 },
      result: { lines: ["listening on 8080"], file: "/home/ada/.hearth/logs/agents/gateway.log" },
    },
  },
  "agent.ready": {
    summary: "An agent whose condition is `notify` tells that it is ready.",
    access: "agent",
    params: Nothing,
    result: Done,
    errors: ["not-permitted", "not-possible"],
    example: { params: {}, result: {} },
  },
  "events.subscribe": {
    summary: "Sends `event` notifications from here on, or after the sequence number `since`.",
    access: "attached",
    params: table({
      types: v.optional(v.pipe(v.array(EventTypeFilter), v.description('Types such as "agent.exited" or "agent.*".'))),
      agents: v.optional(v.pipe(v.array(AgentGlob), v.description("Names of agents, or globs."))),
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
      'Sends `log` notifications: the last `lines` of an agent\'s output, or of the log of "daemon", then what comes.',
    access: "attached",
    params: table({ agent: AgentName, lines: v.optional(LineCount, 50) }),
    result: Subscription,
    errors: ["no-such-agent", "limit-reached"],
    example: { params: { agent: "daemon", lines: 10 }, result: { subscription: "2" } },
  },
} as const satisfies Record<string, MethodSpec>;

export type MethodName = keyof typeof methods;

/** What a caller sends. */
export type Params<M extends MethodName> = v.InferInput<(typeof methods)[M]["params"]>;

/** What a handler receives: checked, names normalised, defaults filled in. */
export type CheckedParams<M extends MethodName> = v.InferOutput<(typeof methods)[M]["params"]>;

/** What a caller gets. */
export type Result<M extends MethodName> = v.InferOutput<(typeof methods)[M]["result"]>;

export type { AgentDefinition, NamedAgentDefinition, SignalName } from "./definition.js";
export type { AgentState, AgentStatus, DaemonStatus } from "./status.js";

/** Whether a method is served; own names only. */
export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}
