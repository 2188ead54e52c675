// `hearth shutdown`: asks for an agent's end, also one's own.
import { defineCommand } from "../command.js";
import { AGENT_OR_SELF, HANDOFF_FLAGS, REQUEST_EXITS, REQUEST_FLAGS, requestWithHandoff } from "../lifecycle-verbs.js";

export const command = defineCommand({
  name: "shutdown",
  summary: "Asks for the end of an agent; it stays down until it is started.",
  details:
    "Returns when the request is safe on disk. Requests that wait behind it are superseded; a handoff is kept for the session that somebody starts later. `hearth stop` stops several agents, without such a request.",
  positionals: [AGENT_OR_SELF],
  flags: { ...REQUEST_FLAGS, ...HANDOFF_FLAGS },
  exits: REQUEST_EXITS,
  examples: [
    'hearth shutdown --self --reason "all is done"  # inside the agent',
    "hearth shutdown gastown/witness --wait  # from outside, until it is gone",
  ],
  seeAlso: ["stop", "cycle", "requests", "help handoff"],
  run: (context, given) => requestWithHandoff(context, "shutdown", given),
});
