// `hearth rpc`: any method of the daemon, raw.

import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { AGENT_EXITS } from "../help/exits.js";
import { plainJson } from "../render/text.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "rpc",
  summary: "Calls any method and prints its result as JSON.",
  details: "`hearth rpc rpc.discover` describes all methods, their params, results and errors.",
  positionals: [
    {
      name: "method",
      summary: "such as agent.list",
      required: true,
      completes: { what: "words", words: async () => (await import("../../../protocol/words.js")).METHOD_NAMES },
    },
    { name: "params", summary: "a JSON object (default: {})" },
  ],
  examples: ["hearth rpc system.version", `hearth rpc agent.get '{"agent": "gateway"}'`],
  exits: AGENT_EXITS,
  seeAlso: ["mcp", "help scripting"],
  async run(context, { words: [method = "", text = "{}"] }) {
    const params = parseParams(text);
    const result = await withClient(context, (client) =>
      client.request(method, params, { timeoutMs: timeoutOf(context) }),
    );
    context.output.result(result, (value) => [plainJson(JSON.stringify(value, null, 2))]);
    return EXIT.done;
  },
});

function parseParams(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `rpc: the params are not JSON: ${why}`,
      `write them like \`hearth rpc agent.get '{"agent": "gateway"}'\``,
    );
  }
}
