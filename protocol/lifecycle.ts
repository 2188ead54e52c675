// The schemas of what agents ask for: lifecycle requests with their states, and handoffs.
import * as v from "valibot";
import { Count, expectedString, fitsUtf8, Timestamp } from "./schema.js";

/** What can be asked: a fresh session that gets the handoff, a fresh one without it, or an end. */
export const LIFECYCLE_ACTIONS = ["cycle", "restart", "shutdown"] as const;

/** States of a request; the last four are final. */
export const REQUEST_STATES = ["accepted", "running", "done", "failed", "expired", "superseded"] as const;

/** Largest handoff, in bytes of UTF-8. */
export const MAX_HANDOFF_BYTES = 1_048_576;

/** Longest key, in characters. */
export const MAX_KEY_LENGTH = 128;

/** What a session leaves for its successor. */
export const Handoff = v.pipe(
  v.string(expectedString),
  fitsUtf8({ maxBytes: MAX_HANDOFF_BYTES }),
  v.description("At most 1 MiB of UTF-8."),
);

/** One request, without its handoff. What does not apply is null. */
export const LifecycleRequestSchema = v.object({
  id: v.string(),
  /** Who asked, as its token proved: the name of an agent, or "operator". */
  from: v.string(),
  agent: v.string(),
  action: v.picklist(LIFECYCLE_ACTIONS),
  reason: v.nullable(v.string()),
  requestedAt: Timestamp,
  state: v.picklist(REQUEST_STATES),
  /** The session it ended and the one it began. */
  incarnation: v.object({ before: v.nullable(Count), after: v.nullable(Count) }),
  /** Why it failed, expired or was superseded. */
  error: v.optional(v.object({ kind: v.string(), message: v.string() })),
});

export type LifecycleAction = (typeof LIFECYCLE_ACTIONS)[number];
export type RequestState = (typeof REQUEST_STATES)[number];
export type LifecycleRequest = v.InferOutput<typeof LifecycleRequestSchema>;

/** Whether a request can change no more. */
export function isFinal(state: RequestState): boolean {
  return state !== "accepted" && state !== "running";
}
