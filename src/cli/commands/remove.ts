// `hearth remove`: forgets an agent that `hearth run` added.

import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { OPERATOR_EXITS } from "../help/exits.js";

export const command = defineCommand({
  name: "remove",
  summary: "Stops an agent that `hearth run` added, and forgets it.",
  details: "An agent of hearth.toml is removed there, followed by `hearth daemon reload`. Its log stays.",
  positionals: [AGENT],
  exits: { ...OPERATOR_EXITS, failed: "it is an agent of hearth.toml" },
  examples: ["hearth remove web", "hearth run --name web -- make serve && hearth remove web"],
  seeAlso: ["run", "stop"],
  async run(context, { words: [word = ""] }) {
    const agent = parseAgentName(word);
    await withClient(context, (client) => client.call("agent.remove", { agent }, { timeoutMs: timeoutOf(context) }));
    context.output.result({ agents: [] }, () => [`${agent} is removed`]);
    return EXIT.done;
  },
});
