// `hearth restart`: stops agents and starts them afresh.
import { AGENTS, ALL_FLAG, forEachSelection, reportUp, selectionOf } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";

export const command = defineCommand({
  name: "restart",
  summary: "Restarts agents; returns at once unless told to wait.",
  positionals: [AGENTS],
  flags: { ...ALL_FLAG, wait: { type: "boolean", summary: "wait until they are ready again" } },
  examples: ["hearth restart gateway", "hearth restart 'gastown/*' --wait"],
  async run(context, { words, flags }) {
    const selections = selectionOf("restart", words, flags);
    const agents = await withClient(context, (client) =>
      forEachSelection(selections, (agent) =>
        client.call("agent.restart", { agent, wait: flags.wait }, { timeoutMs: timeoutOf(context) }),
      ),
    );
    return reportUp(context, agents);
  },
});
