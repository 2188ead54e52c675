// What cycle, shutdown and restart have in common: one lifecycle request, acknowledged or followed to its end.

import { HearthError } from "../../protocol/errors.js";
import type { Hint } from "../../protocol/hint.js";
import type { LifecycleAction, LifecycleRequest, Params } from "../../protocol/methods.js";
import { parseAgentName } from "../../protocol/names.js";
import type { Client } from "../client/client.js";
import { monotonicMs } from "../client/monotonic.js";
import { ClientError } from "../client-error.js";
import type { PositionalSpec } from "./command.js";
import { FILES, oneAgent } from "./completion/completes.js";
import { type Context, timeoutOf, withClient } from "./context.js";
import { EXIT } from "./exit-codes.js";
import type { FlagValues } from "./flags.js";
import { readHandoff } from "./handoff-text.js";
import { CONTROL_EXITS } from "./help/exits.js";
import { isOpen, renderRequest } from "./render/requests.js";
import { assertInSession } from "./session.js";
import { UsageError } from "./usage-error.js";

export const AGENT_OR_SELF: PositionalSpec = {
  name: "agent",
  summary: "the agent's name, unless --self is given",
  completes: oneAgent("up"),
};

export const REQUEST_EXITS = {
  ...CONTROL_EXITS,
  failed: "with --wait: it was not carried out, and `hearth requests` tells why",
};

export const REQUEST_FLAGS = {
  self: { type: "boolean", summary: "the agent whose session this runs in" },
  reason: { type: "string", value: "TEXT", summary: "why, as `hearth requests` shows it" },
  key: { type: "string", value: "KEY", summary: "asked again with the same key, it is the same request" },
  wait: { type: "boolean", summary: "wait until it is carried out" },
} as const;

export const HANDOFF_FLAGS = {
  handoff: { type: "string", value: "TEXT", summary: "what the next session is told; - reads standard input" },
  "handoff-file": { type: "string", value: "FILE", completes: FILES, summary: "the same from a file" },
} as const;

type RequestFlags = FlagValues<typeof REQUEST_FLAGS>;
type HandoffFlags = FlagValues<typeof HANDOFF_FLAGS>;

/** The daemon's own word that the time is up says more than this client's; milliseconds. */
const ANSWER_SLACK_MS = 1_000;

/** Runs a verb that may hand over. @throws {UsageError} about the agent or the handoff. */
export async function requestWithHandoff(
  context: Context,
  action: LifecycleAction,
  { words, flags }: { readonly words: readonly string[]; readonly flags: RequestFlags & HandoffFlags },
): Promise<number> {
  const target = targetOf(context, action, { words, self: flags.self });
  const handoff = await readHandoff(context, { text: flags.handoff, file: flags["handoff-file"] });
  return request(context, { ...target, action, handoff, reason: flags.reason, key: flags.key }, flags);
}

/**
 * Whom a request is about: without `agent` the daemon takes the asker itself.
 * @throws {UsageError} no agent, one too many, or --self outside a session.
 * @throws {HearthError} `invalid-params` for what can be no agent's name.
 */
export function targetOf(
  context: Context,
  verb: string,
  { words: [word, ...others], self }: { readonly words: readonly string[]; readonly self: boolean },
): { readonly agent?: string } {
  const help: Hint = `run \`hearth ${verb} --help\``;
  if (self && word !== undefined) throw new UsageError(`${verb}: name an agent or say --self, not both`, help);
  if (others.length > 0) throw new UsageError(`${verb}: a request is about one agent`, help);
  if (self) {
    assertInSession(context, `${verb} --self`);
    return {};
  }
  if (word === undefined)
    throw new UsageError(
      `${verb}: which agent?`,
      `name one, as \`hearth ${verb} AGENT\`, or say --self inside a session`,
    );
  return { agent: parseAgentName(word) };
}

/**
 * Asks, and prints the request as it was accepted, or with `wait` as it ended. Exit code 1 when it ended otherwise than
 * done.
 */
export async function request(
  context: Context,
  params: Params<"lifecycle.request">,
  { wait }: { readonly wait: boolean },
): Promise<number> {
  const options = { timeoutMs: timeoutOf(context) };
  const known = await withClient(context, async (client) => {
    const { request: accepted } = await client.call("lifecycle.request", params, options);
    if (!wait || !isOpen(accepted)) return accepted;
    if (!context.output.json) context.output.note(renderRequest(accepted));
    return untilEnded(client, accepted, options);
  });
  return report(context, known);
}

/** A daemon that is replaced meanwhile has written the request down: its successor is asked. */
async function untilEnded(
  client: Client,
  { id, agent }: LifecycleRequest,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<LifecycleRequest> {
  const deadline = monotonicMs() + timeoutMs;
  for (;;) {
    const leftMs = Math.max(0, Math.ceil(deadline - monotonicMs()));
    const limit = { timeoutMs: leftMs + ANSWER_SLACK_MS };
    try {
      return (await client.call("lifecycle.wait", { id, timeoutMs: leftMs }, limit)).request;
    } catch (error) {
      if (error instanceof HearthError && error.kind === "timed-out") throw stillOpen(error, agent);
      if (!(error instanceof ClientError && error.kind === "connection-lost")) throw error;
    }
  }
}

/** Only the waiting has ended. */
function stillOpen({ code, kind, message }: HearthError, agent: string): HearthError {
  return new HearthError({ code, kind, message, hint: `It goes on: see \`hearth requests ${agent}\`.` });
}

function report({ output }: Context, known: LifecycleRequest): number {
  output.result({ request: known }, ({ request }) => [renderRequest(request)]);
  if (isOpen(known) || known.state === "done") return EXIT.done;
  if (!output.json) output.note(`hint: see \`hearth status ${known.agent}\` and \`hearth requests ${known.agent}\``);
  return EXIT.failed;
}
