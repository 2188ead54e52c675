// `hearth signal`: sends a signal to every process of an agent.
import type { SignalName } from "../../../protocol/methods.js";
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT, reportAgents } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";

export const command = defineCommand({
  name: "signal",
  summary: "Sends a signal to every process of an agent.",
  positionals: [AGENT, { name: "signal", summary: "such as SIGUSR1 or USR1", required: true }],
  examples: ["hearth signal gateway SIGUSR1"],
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
