// `hearth remove`: forgets an agent that `hearth run` added.
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";

export const command = defineCommand({
  name: "remove",
  summary: "Stops an agent that `hearth run` added, and forgets it.",
  positionals: [AGENT],
  examples: ["hearth remove web"],
  async run(context, { words: [word = ""] }) {
    const agent = parseAgentName(word);
    await withClient(context, (client) => client.call("agent.remove", { agent }, { timeoutMs: timeoutOf(context) }));
    context.output.result({ agents: [] }, () => [`${agent} is removed`]);
    return EXIT.done;
  },
});
