// `hearth signal`: sends a signal to every process of an agent.

import type { SignalName } from "../../../protocol/methods.js";
import { parseAgentName } from "../../../protocol/names.js";
import { SIGNALS } from "../../../protocol/signals.js";
import { AGENT, reportAgents } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { oneAgent } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { OPERATOR_EXITS } from "../help/exits.js";

export const command = defineCommand({
  name: "signal",
  summary: "Sends a signal to every process of an agent.",
  details:
    "To stop or restart an agent use `hearth stop` or `hearth restart`: an agent that a signal ends has crashed, and is started again as its restart policy says. Windows knows SIGTERM and SIGKILL alone, and both end the program at once.",
  positionals: [
    { ...AGENT, completes: oneAgent("up") },
    {
      name: "signal",
      summary: "such as SIGUSR1 or USR1",
      required: true,
      completes: { what: "words", words: () => SIGNALS },
    },
  ],
  exits: { ...OPERATOR_EXITS, failed: "the agent does not run" },
  examples: ["hearth signal gateway SIGHUP", "hearth signal gateway usr1"],
  seeAlso: ["stop", "restart", "poke"],
  async run(context, { words: [word = "", signalWord = ""] }) {
    // The daemon knows which signals there are; what it does not know it names in its refusal.
    const params = { agent: parseAgentName(word), signal: fullName(signalWord) as SignalName };
    const status = await withClient(context, (client) =>
      client.call("agent.signal", params, { timeoutMs: timeoutOf(context) }),
    );
    return reportAgents(context, [status]);
  },
});

function fullName(word: string): string {
  const name = word.toUpperCase();
  return name.startsWith("SIG") ? name : `SIG${name}`;
}
