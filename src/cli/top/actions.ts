// What keys ask of the daemon, and what it answered in a line.
import type { LifecycleRequest } from "../../../protocol/methods.js";
import type { Client } from "../../client/client.js";
import { describePoke } from "../commands/poke.js";
import { renderOutcomes } from "../render/agents.js";
import { reportFailure } from "../render/failure.js";
import { renderRequest } from "../render/requests.js";
import { plain } from "../render/text.js";
import type { Message, Trouble } from "./model.js";
import type { Effect, Input } from "./step.js";

type Call = Extract<Effect, { readonly kind: "call" }>;

interface Answer {
  readonly message: Message;
  readonly request?: LifecycleRequest;
}

const POKE_TIMEOUT_MS = 35_000;

/** Asks, and tells what came of it. Never rejects. */
export async function carryOut(
  client: Client | null,
  call: Call,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<Input> {
  try {
    if (client === null) throw new Error("the daemon is offline: nothing was asked of it");
    return { kind: "answered", ...(await ask(client, call, timeoutMs)) };
  } catch (error) {
    const { message, hint } = troubleOf(error);
    const help = message.includes(hint) ? "" : ` ${hint}`;
    return { kind: "answered", message: { tone: "bad", text: `${call.agent}: ${message}${help}` } };
  }
}

/** A failure in words that a terminal can be trusted with. */
export function troubleOf(error: unknown): Trouble {
  const { message, hint } = reportFailure(error).error;
  return { message: plain(message.replace(/\s+/g, " ")), hint: plain(hint) };
}

async function ask(client: Client, { action, agent, message }: Call, timeoutMs: number): Promise<Answer> {
  switch (action) {
    case "restart":
      return outcome(await client.call("agent.restart", { agent }, { timeoutMs }));
    case "start":
      return outcome(await client.call("agent.start", { agent }, { timeoutMs }));
    case "stop":
      return outcome(await client.call("agent.stop", { agent }, { timeoutMs }));
    case "reset":
      return outcome({ agents: [await client.call("agent.reset", { agent }, { timeoutMs })] });
    case "cycle": {
      const { request } = await client.call("lifecycle.request", { agent, action, reason: REASON }, { timeoutMs });
      return { message: { tone: "plain", text: renderRequest(request) }, request };
    }
    case "poke": {
      const says = message === null ? {} : { message };
      const told = await client.call(
        "agent.poke",
        { agent, ...says },
        { timeoutMs: Math.max(timeoutMs, POKE_TIMEOUT_MS) },
      );
      return { message: { tone: told.delivered ? "good" : "bad", text: `${agent}: ${describePoke(told)}` } };
    }
  }
}

/** As `hearth requests` shows it. */
const REASON = "asked for in hearth top";

function outcome({ agents }: { readonly agents: Parameters<typeof renderOutcomes>[0] }): Answer {
  return { message: { tone: "good", text: renderOutcomes(agents).join("; ") } };
}
