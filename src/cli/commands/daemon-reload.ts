// `hearth daemon reload`: applies what changed in hearth.toml.

import type { Result } from "../../../protocol/methods.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { DAEMON_EXITS } from "../help/exits.js";
import { plain } from "../render/text.js";

export const command = defineCommand({
  name: "daemon reload",
  summary: "Reads hearth.toml again and applies what changed.",
  details:
    "Only agents whose definition changed in a way that a running session can't take on are restarted. A file with anything wrong in it changes nothing. SIGHUP to the daemon does the same.",
  exits: { ...DAEMON_EXITS, config: "the file is wrong: everything stays as it was" },
  examples: ["hearth daemon reload", "hearth config check && hearth daemon reload --json"],
  seeAlso: ["config check", "daemon restart", "help config"],
  async run(context) {
    const reloaded = await withClient(context, (client) =>
      client.call("daemon.reload", {}, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(reloaded, render);
    return EXIT.done;
  },
});

function render({ unchanged, ...changes }: Result<"daemon.reload">): string[] {
  const lines = Object.entries(changes)
    .filter(([, agents]) => agents.length > 0)
    .map(([what, agents]) => `${what}: ${agents.map(plain).join(", ")}`);
  return lines.length > 0 ? lines : [`nothing changed (${unchanged.length} agents)`];
}
