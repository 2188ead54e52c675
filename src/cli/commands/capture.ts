// `hearth capture`: what a tmux agent's terminal shows.
import { parseAgentName } from "../../../protocol/names.js";
import { AGENT } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { LOG_FLAGS, lineCount } from "../log-flags.js";
import { renderLogLines } from "../render/logs.js";

export const command = defineCommand({
  name: "capture",
  summary: "Shows the last lines that a tmux agent's terminal shows.",
  positionals: [AGENT],
  flags: { lines: { ...LOG_FLAGS.lines, summary: "how many lines at most (50)" } },
  examples: ["hearth capture clerk", "hearth capture clerk -n 5 --json"],
  async run(context, { words: [word = ""], flags }) {
    const params = { agent: parseAgentName(word), lines: lineCount(flags) };
    const shown = await withClient(context, (client) =>
      client.call("agent.capture", params, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(shown, ({ lines }, style) => renderLogLines(lines, style));
    return EXIT.done;
  },
});
