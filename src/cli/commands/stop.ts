// `hearth stop`: stops agents and returns when every process of them is gone.
import { AGENTS, ALL_FLAG, forEachSelection, reportAgents, selectionOf } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";

export const command = defineCommand({
  name: "stop",
  summary: "Stops agents; they stay down until they are started.",
  details: "Returns when every process of them is gone, hence --wait changes nothing.",
  positionals: [AGENTS],
  flags: { ...ALL_FLAG, wait: { type: "boolean", summary: "wait until they are gone (always)" } },
  examples: ["hearth stop gateway", "hearth stop --all"],
  async run(context, { words, flags }) {
    const selections = selectionOf("stop", words, flags);
    const agents = await withClient(context, (client) =>
      forEachSelection(selections, (agent) =>
        client.call("agent.stop", { agent, wait: true }, { timeoutMs: timeoutOf(context) }),
      ),
    );
    return reportAgents(context, agents);
  },
});
