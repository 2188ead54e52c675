// `hearth reset`: clears an agent's crash loop.
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT, reportAgents } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";

export const command = defineCommand({
  name: "reset",
  summary: "Clears an agent's crash loop or backoff; it is stopped afterwards.",
  positionals: [AGENT],
  examples: ["hearth reset gateway"],
  async run(context, { words: [word = ""] }) {
    const agent = parseAgentName(word);
    const status = await withClient(context, (client) =>
      client.call("agent.reset", { agent }, { timeoutMs: timeoutOf(context) }),
    );
    return reportAgents(context, [status]);
  },
});
