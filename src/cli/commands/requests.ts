// `hearth requests`: what agents and people asked for, and what became of it.

import type { RequestState } from "../../../protocol/methods.js";
import { parseAgentGlob } from "../../../protocol/names.js";
import { assertThere } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { someAgents } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { AGENT_EXITS } from "../help/exits.js";
import { countOf } from "../log-flags.js";
import { renderRequests } from "../render/requests.js";

const DEFAULT_COUNT = 20;

export const command = defineCommand({
  name: "requests",
  summary: "Shows the cycles, restarts and shutdowns that were asked for.",
  details:
    "The latest first, with who asked, why, and what became of it. A request is accepted, then running, then done or failed. One that waited for longer than max_request_age is expired; one that something else made needless is superseded.",
  positionals: [
    { name: "agent", summary: "only this agent, or those that a glob matches", completes: someAgents("any") },
  ],
  flags: {
    state: {
      type: "string",
      value: "STATE",
      completes: { what: "words", words: async () => (await import("../../../protocol/words.js")).REQUEST_STATES },
      summary: "only those in this state",
    },
    count: { type: "string", short: "n", value: "COUNT", summary: `how many at most (${DEFAULT_COUNT})` },
  },
  exits: AGENT_EXITS,
  examples: ["hearth requests mayor", "hearth requests --state failed --json", "hearth requests 'gastown/*' -n 5"],
  seeAlso: ["cycle", "restart", "shutdown", "events"],
  async run(context, { words: [word], flags }) {
    const agent = word === undefined ? undefined : parseAgentGlob(word);
    // The daemon knows which states there are; what it does not know it names in its refusal.
    const state = flags.state as RequestState | undefined;
    const limit = countOf(flags.count, { fallback: DEFAULT_COUNT, noun: "requests" });
    const found = await withClient(context, async (client) => {
      const answer = await client.call("lifecycle.list", { agent, state, limit }, { timeoutMs: timeoutOf(context) });
      // An agent that was removed since has its requests still.
      if (agent !== undefined && answer.requests.length === 0) await assertThere(context, client, [agent]);
      return answer;
    });
    const now = Date.now();
    context.output.result(found, ({ requests }, style) => renderRequests(requests, style, { now }));
    return EXIT.done;
  },
});
