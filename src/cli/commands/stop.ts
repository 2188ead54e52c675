// `hearth stop`: stops agents and returns when every process of them is gone.

import { AGENTS, ALL_FLAG, forEachSelection, reportAgents, selectionOf } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { someAgents } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { CONTROL_EXITS } from "../help/exits.js";

export const command = defineCommand({
  name: "stop",
  summary: "Stops agents; they stay down until they are started.",
  details:
    "Returns when every process of them is gone, hence --wait changes nothing. What does not end by the signal of its definition is killed after its grace. That an agent is stopped already is no failure.",
  positionals: [{ ...AGENTS, completes: someAgents("up") }],
  flags: { ...ALL_FLAG, wait: { type: "boolean", summary: "wait until they are gone (always)" } },
  exits: CONTROL_EXITS,
  examples: ["hearth stop gateway", "hearth stop 'gastown/*'", "hearth stop --all  # the daemon goes on"],
  seeAlso: ["start", "shutdown", "daemon stop", "help agents"],
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
