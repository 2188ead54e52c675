// `hearth reset`: clears an agent's crash loop.

import { parseAgentName } from "../../../protocol/names.js";
import { AGENT, reportAgents } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { oneAgent } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { OPERATOR_EXITS } from "../help/exits.js";

export const command = defineCommand({
  name: "reset",
  summary: "Clears an agent's crash loop or backoff, and leaves it stopped.",
  details: "What counted towards a crash loop is forgotten. `hearth start AGENT --reset` does both steps at once.",
  positionals: [{ ...AGENT, completes: oneAgent("troubled") }],
  exits: OPERATOR_EXITS,
  examples: ["hearth reset gateway", "hearth reset gateway && hearth start gateway"],
  seeAlso: ["start", "logs", "help restarts"],
  async run(context, { words: [word = ""] }) {
    const agent = parseAgentName(word);
    const status = await withClient(context, (client) =>
      client.call("agent.reset", { agent }, { timeoutMs: timeoutOf(context) }),
    );
    return reportAgents(context, [status]);
  },
});
