// What can happen to `hearth top`, for tests that let it happen in any order.
import fc from "fast-check";
import type { Happening } from "../../protocol/calls.js";
import { exampleAgent, exampleDaemon, exampleRequest } from "../../protocol/examples.js";
import { AGENT_STATES, type AgentStatus } from "../../protocol/status.js";
import { advance } from "../../src/cli/top/advance.js";
import { BINDINGS } from "../../src/cli/top/keys.js";
import { begin, type Model } from "../../src/cli/top/model.js";
import type { Effect, Input } from "../../src/cli/top/step.js";

export const NOW = Date.parse(exampleDaemon.startedAt) + 3_600_000;

export function agentNamed(agent: string, rest: Partial<AgentStatus> = {}): AgentStatus {
  return { ...exampleAgent, agent, lastExit: null, ...rest };
}

/** A screen that shows these agents. */
export function shows(agents: readonly AgentStatus[], size = { columns: 80, rows: 24 }): Model {
  return played(begin({ size, daemon: exampleDaemon, agents }), { kind: "resized", size });
}

/** The model after some inputs. */
export function played(model: Model, ...inputs: readonly Input[]): Model {
  return inputs.reduce((before, input) => advance(before, input).model, model);
}

/** The same with keys alone, and what the last of them asked for. */
export function press(model: Model, ...keys: readonly string[]): { model: Model; effects: readonly Effect[] } {
  let step: { model: Model; effects: readonly Effect[] } = { model, effects: [] };
  for (const key of keys) step = advance(step.model, { kind: "key", key });
  return step;
}

export function event<T extends Happening["type"]>(
  type: T,
  agent: string | undefined,
  data: Extract<Happening, { type: T }>["data"],
): Input {
  const named = agent === undefined ? {} : { agent };
  return {
    kind: "event",
    event: { subscription: "1", seq: 1, at: exampleDaemon.startedAt, type, data, ...named } as Happening,
  };
}

// --- anything -------------------------------------------------------------------------------------------------------

const names = ["db", "web", "gastown/mayor", "gastown/witness-with-a-rather-long-name-of-its-own", "z"];
const name = fc.constantFrom(...names);
const size = fc.record({ columns: fc.integer({ min: 1, max: 220 }), rows: fc.integer({ min: 1, max: 60 }) });
const moment = fc.constantFrom(exampleDaemon.startedAt, new Date(NOW + 5_000).toISOString());

/** What an agent may write, with what must not reach a terminal. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x1b[31m",
        "\x1b[0m",
        "\r",
        "\t",
        "漢字",
        "🎉",
        "\u202e",
        "\x9b5n",
        "x".repeat(300),
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const agent: fc.Arbitrary<AgentStatus> = fc
  .record({ name, state: fc.constantFrom(...AGENT_STATES), at: fc.option(moment), reason: text, ready: fc.boolean() })
  .map(({ name, state, at, reason, ready }) =>
    agentNamed(name, {
      state,
      ready,
      startedAt: at,
      backoffUntil: at,
      lastBeat: at,
      lastExit: at === null ? null : { code: 1, signal: null, at, reason },
      waitingFor: state === "starting" ? ["db"] : [],
    }),
  );

const agents = fc.oneof(
  { weight: 5, arbitrary: fc.uniqueArray(agent, { selector: ({ agent }) => agent }) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 100 }, (_, at) => agentNamed(`team/agent-${at}`))) },
);

const eventOfAgent = fc.record({ name, text, until: moment }).chain(({ name, text, until }) =>
  fc.constantFrom(
    event("agent.waiting", name, { waitingFor: ["db"] }),
    event("agent.starting", name, { incarnation: 1 }),
    event("agent.running", name, { incarnation: 1, pid: 7 }),
    event("agent.ready", name, { incarnation: 1 }),
    event("agent.exited", name, { incarnation: 1, code: 1, signal: null, reason: text }),
    event("agent.backoff", name, { until, delayMs: 1, recentFailures: 1 }),
    event("agent.failed", name, { reason: text, recentFailures: 3 }),
    event("agent.stopped", name, {}),
    event("agent.added", name, {}),
    event("agent.removed", name, {}),
    event("beat", name, { incarnation: 1, note: text }),
    event("daemon.stopping", undefined, { reason: text, keepAgents: true }),
    event("daemon.degraded", undefined, { reasons: [text] }),
    event("lifecycle.failed", name, {
      ...exampleRequest,
      agent: name,
      state: "failed",
      error: { kind: "x", message: text },
    }),
  ),
);

/** Anything that can happen, keys most of all. */
export const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .constantFrom(...BINDINGS.flatMap(({ keys }) => keys), "y", "n", "e", "backspace", "ctrl+u")
      .map((key): Input => ({ kind: "key", key })),
  },
  { weight: 1, arbitrary: text.map((text): Input => ({ kind: "pasted", text })) },
  { weight: 3, arbitrary: size.map((size): Input => ({ kind: "resized", size })) },
  { weight: 6, arbitrary: eventOfAgent },
  { weight: 1, arbitrary: agents.map((agents): Input => ({ kind: "connected", daemon: exampleDaemon, agents })) },
  {
    weight: 1,
    arbitrary: text.map(
      (message): Input => ({ kind: "lost", trouble: { message, hint: "run `hearth daemon start`" } }),
    ),
  },
  { weight: 2, arbitrary: agent.map((agent): Input => ({ kind: "told", agents: [agent] })) },
  { weight: 1, arbitrary: agents.map((agents): Input => ({ kind: "listed", daemon: exampleDaemon, agents })) },
  { weight: 1, arbitrary: name.map((agent): Input => ({ kind: "vanished", agent })) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        kind: fc.constantFrom("log-began" as const, "log-grew" as const),
        agent: name,
        lines: fc.array(text, { maxLength: 80 }),
      })
      .map((input): Input => input),
  },
  {
    weight: 1,
    arbitrary: fc
      .lorem()
      .map((text): Input => ({ kind: "answered", message: { tone: "bad", text }, request: exampleRequest })),
  },
);

export const start: fc.Arbitrary<Model> = fc.tuple(agents, size).map(([agents, size]) => shows(agents, size));
