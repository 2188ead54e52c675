// `hearth handoff get`: what the last session left.

import type { Result } from "../../../protocol/methods.js";
import { parseAgentName } from "../../../protocol/names.js";
import { defineCommand } from "../command.js";
import { oneAgent } from "../completion/completes.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { AGENT_EXITS } from "../help/exits.js";
import { plain } from "../render/text.js";
import { isInSession } from "../session.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "handoff get",
  summary: "Prints the handoff that the last session left; it stays.",
  details: "To a pipe or file it is written byte for byte. Without a handoff nothing is printed.",
  positionals: [
    { name: "agent", summary: "the agent's name (default: the one this runs in)", completes: oneAgent("any") },
  ],
  exits: { ...AGENT_EXITS, notPermitted: "another agent asked" },
  examples: ["hearth handoff get  # inside the agent", "hearth handoff get mayor > handoff.md"],
  seeAlso: ["handoff put", "cycle", "help handoff"],
  async run(context, { words: [word] }) {
    if (word === undefined && !isInSession(context))
      throw new UsageError("handoff get: which agent?", "name one: `hearth handoff get AGENT`");
    const agent = word === undefined ? undefined : parseAgentName(word);
    const found = await withClient(context, (client) =>
      client.call("handoff.get", { agent }, { timeoutMs: timeoutOf(context) }),
    );
    print(context, found);
    return EXIT.done;
  },
});

function print({ output, stdout }: Context, found: Result<"handoff.get">): void {
  if (output.json) output.result(found, () => []);
  else if (found === null) output.note("there is no handoff");
  // Whatever reads a pipe wants the text itself; a terminal must not be controlled by it.
  else if (stdout.isTTY === true) output.lines(found.handoff.split("\n").map(plain));
  else stdout.write(found.handoff);
}
