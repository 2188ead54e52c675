// `hearth cycle`: asks for a fresh session, which is told what the last one hands over.
import { defineCommand } from "../command.js";
import { AGENT_OR_SELF, HANDOFF_FLAGS, REQUEST_EXITS, REQUEST_FLAGS, requestWithHandoff } from "../lifecycle-verbs.js";

export const command = defineCommand({
  name: "cycle",
  summary: "Asks for a fresh session of an agent, with a handoff to it.",
  details:
    "Returns when the request is safe on disk, from where on it is carried out exactly once; a session that cycles itself ends soon after. When somebody else cycles an agent without a handoff, the agent is asked for one first, if it is attached to the socket.",
  positionals: [AGENT_OR_SELF],
  flags: { ...REQUEST_FLAGS, ...HANDOFF_FLAGS },
  exits: REQUEST_EXITS,
  examples: [
    'hearth cycle --self --reason "context is full" --handoff-file notes.md  # inside the agent',
    "git log -5 | hearth cycle --self --handoff -  # inside the agent, what it hands over from a pipe",
    "hearth cycle mayor --wait --timeout 2m  # from outside, until the next session runs",
  ],
  seeAlso: ["restart", "shutdown", "requests", "handoff get", "help handoff"],
  run: (context, given) => requestWithHandoff(context, "cycle", given),
});
