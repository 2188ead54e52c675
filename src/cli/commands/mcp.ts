// `hearth mcp`: an MCP server for editors, LLM clients and the agents themselves.
import { defineCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";
import { createHost } from "../mcp-host.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "mcp",
  summary: "Serves MCP on stdin and stdout, until stdin ends.",
  details:
    "For an MCP client to start: tools, resources and a prompt of the operator, or inside a session those of its agent. Without a daemon it serves all the same, and every answer says what helps. A call may take 55 s, unless --timeout says otherwise.",
  flags: { autostart: { type: "boolean", summary: "start the daemon when it is needed and does not run" } },
  examples: [
    "hearth mcp --home ~/gateway/.hearth --autostart  # as the operator: clients start servers anywhere, so name the home",
    "hearth mcp  # inside an agent, as that agent",
  ],
  seeAlso: ["rpc", "help security"],
  async run(context, { flags }) {
    if (context.output.json)
      throw new UsageError("mcp: stdout is the MCP client's", "leave out --json: `hearth mcp` speaks JSON anyway");
    const host = createHost(context, flags);
    // The SDK is as large as all the rest of the client.
    const { serve } = await import("../../mcp/serve.js");
    await serve(host);
    return EXIT.done;
  },
});
