// The rows of the method table about what agents ask for: lifecycle requests and handoffs.
import * as v from "valibot";
import { exampleRequest } from "./examples.js";
import { Handoff, LIFECYCLE_ACTIONS, LifecycleRequestSchema, MAX_KEY_LENGTH, REQUEST_STATES } from "./lifecycle.js";
import { Done, type MethodRows } from "./method-spec.js";
import { AgentGlob, AgentName, Count, integer, Moment, oneOf, ShortText, Text, Timestamp, table } from "./schema.js";
import { MAX_DURATION_MS } from "./units.js";

const OneRequest = v.object({ request: LifecycleRequestSchema });

const Key = v.pipe(
  Text,
  v.maxLength(MAX_KEY_LENGTH, `must have at most ${MAX_KEY_LENGTH} characters`),
  v.description("The same key from the same caller for the same agent is one request."),
);

export const lifecycleMethods = {
  "lifecycle.request": {
    summary: "Asks for a cycle, restart or shutdown, by default of the asker itself; answered when it is safe on disk.",
    access: "permitted",
    params: table({
      agent: v.optional(AgentName),
      action: oneOf(LIFECYCLE_ACTIONS),
      handoff: v.optional(Handoff),
      reason: v.optional(ShortText),
      key: v.optional(Key),
      requestedAt: v.optional(Moment),
    }),
    result: OneRequest,
    errors: ["no-such-agent", "not-permitted", "not-possible", "limit-reached", "storage-unavailable"],
    example: {
      params: { action: "cycle", handoff: "Half of the review is done.", reason: "context is full", key: "cycle-4" },
      result: { request: { ...exampleRequest, state: "accepted", incarnation: { before: null, after: null } } },
    },
  },
  "lifecycle.get": {
    summary: "Tells what became of a request.",
    access: "attached",
    params: table({ id: Text }),
    result: OneRequest,
    errors: ["no-such-request"],
    example: { params: { id: exampleRequest.id }, result: { request: exampleRequest } },
  },
  "lifecycle.wait": {
    summary: "Answers when a request has reached its final state.",
    access: "attached",
    params: table({ id: Text, timeoutMs: v.optional(integer({ min: 0, max: MAX_DURATION_MS })) }),
    result: OneRequest,
    errors: ["no-such-request", "timed-out", "limit-reached"],
    example: { params: { id: exampleRequest.id, timeoutMs: 30_000 }, result: { request: exampleRequest } },
  },
  "lifecycle.list": {
    summary: "The latest `limit` requests, the latest first: of all agents, or of those that `agent` names.",
    access: "attached",
    params: table({
      agent: v.optional(AgentGlob),
      state: v.optional(oneOf(REQUEST_STATES)),
      limit: v.optional(integer({ min: 1, max: 1_000 }), 100),
    }),
    result: v.object({ requests: v.array(LifecycleRequestSchema) }),
    errors: [],
    example: { params: { agent: "mayor", state: "done" }, result: { requests: [exampleRequest] } },
  },
  "handoff.put": {
    summary: "Leaves a handoff for the next session of the calling agent.",
    access: "agent",
    params: table({ handoff: Handoff }),
    result: Done,
    errors: ["not-permitted", "storage-unavailable"],
    example: { params: { handoff: "Half of the review is done." }, result: {} },
  },
  "handoff.get": {
    summary: "The handoff that waits for a session or that the asking one took (for the operator the latest), or null.",
    access: "self",
    params: table({ agent: v.optional(AgentName) }),
    result: v.nullable(v.object({ handoff: v.string(), fromIncarnation: Count, at: Timestamp })),
    errors: ["no-such-agent", "not-permitted"],
    example: {
      params: {},
      result: { handoff: "Half of the review is done.", fromIncarnation: 4, at: "2026-03-01T08:00:00.000Z" },
    },
  },
} as const satisfies MethodRows;
