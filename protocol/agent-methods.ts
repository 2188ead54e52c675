// The rows of the method table about agents: how they are, what is done to them and what they say of themselves.
import * as v from "valibot";
import { Environment, NamedAgentDefinitionSchema } from "./definition.js";
import { exampleAgent } from "./examples.js";
import { Done, flag, flagOn, type MethodRows, Nothing, OneAgent, Stream } from "./method-spec.js";
import {
  AgentGlob,
  AgentName,
  Count,
  integer,
  LineCount,
  LogPlace,
  Moment,
  oneOf,
  PokeText,
  ShortText,
  Timestamp,
  table,
} from "./schema.js";
import { SIGNALS } from "./signals.js";
import { AgentStatusSchema } from "./status.js";

const wait = flag("Answer only when the agents have arrived at the state asked for, or failed to.");
/** What is told of an agent only to who asks for it, since it takes a look at its processes or makes an answer long. */
const usage = flag("Tell what its session uses of the machine.");
const history = flag("Tell its changes of state in the last hour.");
const Agents = v.object({ agents: v.array(AgentStatusSchema) });

const PageWish = v.pipe(
  table({
    since: v.optional(v.pipe(Moment, v.description("Begin with the first line that may have been written since."))),
    after: v.optional(v.pipe(LogPlace, v.description("Go on there: the `next` of the page before."))),
  }),
  v.description("Answer with whole lines alone, and tell of the page they are; without since and after, of the last."),
);

const Page = v.object({
  next: v.pipe(v.string(), v.description("Where the lines end: `after` for the next page, or for `logs.follow`.")),
  more: v.pipe(v.boolean(), v.description("There are more lines already.")),
  unfinished: v.pipe(v.nullable(v.string()), v.description("The beginning of a line that has no end yet.")),
  notBefore: v.pipe(v.nullable(Timestamp), v.description("No line of this page was written before, if that is known.")),
  writtenAt: v.pipe(v.nullable(Timestamp), v.description("When the log was last written to; null while it is empty.")),
});

export const agentMethods = {
  "agent.list": {
    summary: "Tells how the agents are, all of them or those that a glob matches.",
    access: "attached",
    params: table({ match: v.optional(AgentGlob), usage, history }),
    result: Agents,
    errors: [],
    example: { params: { match: "gate*" }, result: { agents: [exampleAgent] } },
  },
  "agent.get": {
    summary: "Tells how one agent is.",
    access: "attached",
    params: table({
      agent: AgentName,
      usage,
      history,
      restartPolicy: flag("Tell when it is started again after it has ended."),
    }),
    result: AgentStatusSchema,
    errors: ["no-such-agent"],
    example: {
      params: { agent: "gateway", usage: true },
      result: { ...exampleAgent, usage: { cpuPercent: 1.5, memoryBytes: 48_000_000, processes: 2 } },
    },
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
    params: table({
      agent: AgentGlob,
      wait,
      env: v.optional(
        v.pipe(
          v.nullable(Environment),
          v.description(
            "What their environment starts from instead of the daemon's, from now on; null: the daemon's again. Only the operator may send it.",
          ),
        ),
      ),
    }),
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
      params: { name: "gateway", command: ["node", "gateway.mjs"], cwd: "gateway", stop: { grace: "5s" } },
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
  "agent.poke": {
    summary:
      "Pokes an agent now by the route of its definition, with its message or another, and tells what became of it.",
    access: "permitted",
    params: table({
      agent: AgentName,
      message: v.optional(PokeText),
    }),
    result: v.object({ delivered: v.boolean(), via: v.string(), detail: v.optional(v.string()) }),
    errors: ["no-such-agent", "not-permitted", "not-possible"],
    example: {
      params: { agent: "clerk", message: "Check your mail." },
      result: { delivered: false, via: "session", detail: "somebody is typing in its terminal" },
    },
  },
  "agent.capture": {
    summary: "The last lines that a tmux agent's terminal shows.",
    access: "attached",
    params: table({ agent: AgentName, lines: v.optional(integer({ min: 1, max: 10_000 }), 50) }),
    result: v.object({ lines: v.array(v.string()) }),
    errors: ["no-such-agent", "not-possible"],
    example: { params: { agent: "clerk", lines: 1 }, result: { lines: ["$ date"] } },
  },
  "agent.logs": {
    summary: "The last lines of an agent's output, at most `bytes` of them; or page by page all that is kept of it.",
    access: "attached",
    params: table({
      agent: AgentName,
      lines: v.optional(LineCount, 50),
      bytes: v.optional(integer({ min: 1, max: 8_388_608 }), 1_048_576),
      stream: Stream,
      page: v.optional(PageWish),
    }),
    result: v.object({ lines: v.array(v.string()), file: v.string(), page: v.optional(Page) }),
    errors: ["no-such-agent", "not-possible"],
    example: {
      params: { agent: "gateway", lines: 1 },
      result: { lines: ["listening on 8080"], file: "/home/ada/.hearth/logs/agents/gateway.log" },
    },
  },
  "agent.beat": {
    summary:
      "An agent tells that it is alive; the watchdog expects the next within `nextBeatWithinMs`, null without one.",
    access: "agent",
    params: table({ status: v.optional(ShortText), note: v.optional(ShortText) }),
    result: v.object({ nextBeatWithinMs: v.nullable(Count) }),
    errors: ["not-permitted"],
    example: { params: { status: "reviewing" }, result: { nextBeatWithinMs: 180_000 } },
  },
  "agent.ready": {
    summary: "An agent whose condition is `notify` tells that it is ready.",
    access: "agent",
    params: Nothing,
    result: Done,
    errors: ["not-permitted", "not-possible"],
    example: { params: {}, result: {} },
  },
} as const satisfies MethodRows;
