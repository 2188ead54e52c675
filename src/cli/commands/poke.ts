// `hearth poke`: wakes an agent now, and tells whether the poke arrived.

import type { Result } from "../../../protocol/methods.js";
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { oneAgent } from "../completion/completes.js";
import { withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { CONTROL_EXITS } from "../help/exits.js";
import { plain } from "../render/text.js";

/** The daemon gives a poke up after 30 s, and what it then says is better than silence; milliseconds. */
const TIMEOUT_MS = 35_000;

export const command = defineCommand({
  name: "poke",
  summary: "Pokes an agent now, and tells whether it arrived.",
  details:
    "It goes the way that the agent's definition says: to its terminal or standard input, as a notification, a signal or a command. Delivered means that it was taken; only a beat tells that the agent did something.",
  positionals: [
    { ...AGENT, completes: oneAgent("up") },
    { name: "message", summary: "what to say instead of the definition's message" },
  ],
  exits: { ...CONTROL_EXITS, failed: "it was not delivered; what is printed says why" },
  examples: ["hearth poke mayor  # with the message of its definition", 'hearth poke mayor "Check your mail."'],
  seeAlso: ["beat", "events", "attach", "help poke"],
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
