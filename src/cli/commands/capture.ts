// `hearth capture`: what a tmux agent's terminal shows.

import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { oneAgent } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { AGENT_EXITS } from "../help/exits.js";
import { LOG_FLAGS, lineCount } from "../log-flags.js";
import { renderLogLines } from "../render/logs.js";

export const command = defineCommand({
  name: "capture",
  summary: "Shows the last lines that a tmux agent's terminal shows.",
  details: "The screen as it is now, which the log of a full-screen program can't tell. Nothing is typed.",
  positionals: [{ ...AGENT, completes: oneAgent("terminal") }],
  flags: { lines: { ...LOG_FLAGS.lines, summary: "how many lines at most (50)" } },
  exits: { ...AGENT_EXITS, failed: "the agent has no terminal, or is not running" },
  examples: ["hearth capture mayor", "hearth capture mayor -n 5 --json"],
  seeAlso: ["attach", "logs"],
  async run(context, { words: [word = ""], flags }) {
    const params = { agent: parseAgentName(word), lines: lineCount(flags) };
    const shown = await withClient(context, (client) =>
      client.call("agent.capture", params, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(shown, ({ lines }, style) => renderLogLines(lines, style));
    return EXIT.done;
  },
});
