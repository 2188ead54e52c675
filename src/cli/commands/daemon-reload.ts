// `hearth daemon reload`: applies what changed in hearth.toml.
import type { Result } from "../../../protocol/methods.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { plain } from "../render/text.js";

export const command = defineCommand({
  name: "daemon reload",
  summary: "Reads hearth.toml again and applies what changed; a wrong file changes nothing.",
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
