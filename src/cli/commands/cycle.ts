// `hearth cycle`: asks for a fresh session, which is told what the last one hands over.
import { defineCommand } from "../command.js";
import { AGENT_OR_SELF, HANDOFF_FLAGS, REQUEST_FLAGS, requestWithHandoff } from "../lifecycle-verbs.js";

export const command = defineCommand({
  name: "cycle",
  summary: "Asks for a fresh session of an agent, with a handoff to it.",
  details:
    "Returns when the request is safe on disk; a session that cycles itself ends soon after. An agent that leaves no handoff here is asked for one first when somebody else cycles it. See `hearth help handoff`.",
  positionals: [AGENT_OR_SELF],
  flags: { ...REQUEST_FLAGS, ...HANDOFF_FLAGS },
  examples: [
    'hearth cycle --self --reason "context is full" --handoff-file notes.md',
    "git log -5 | hearth cycle --self --handoff -",
    "hearth cycle mayor --wait --timeout 2m",
  ],
  run: (context, given) => requestWithHandoff(context, "cycle", given),
});
