// `hearth poke`: wakes an agent now, and tells whether the poke arrived.
import type { Result } from "../../../protocol/methods.js";
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { plain } from "../render/text.js";

/** The daemon gives a poke up after 30 s, and what it then says is better than silence; milliseconds. */
const TIMEOUT_MS = 35_000;

export const command = defineCommand({
  name: "poke",
  summary: "Pokes an agent now, and tells whether it arrived.",
  details: "Exits with 1, saying why, when the poke was not delivered.",
  positionals: [AGENT, { name: "message", summary: "what to say instead of the definition's message" }],
  examples: ["hearth poke mayor", 'hearth poke clerk "Check your mail."'],
  async run(context, { words: [word = "", message] }) {
    const agent = parseAgentName(word);
    const timeoutMs = context.timeoutMs ?? TIMEOUT_MS;
    const outcome = await withClient(context, (client) => client.call("agent.poke", { agent, message }, { timeoutMs }));
    context.output.result(outcome, (told) => [`${plain(agent)}: ${describePoke(told)}`]);
    return outcome.delivered ? EXIT.done : EXIT.failed;
  },
});

/** "delivered via session", or why not. */
export function describePoke({ delivered, via, detail }: Result<"agent.poke">): string {
  const why = detail === undefined ? "" : `: ${plain(detail)}`;
  return `${delivered ? "delivered" : "not delivered"} via ${plain(via)}${why}`;
}
