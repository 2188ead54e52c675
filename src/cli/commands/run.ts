// `hearth run`: adds an agent that hearth.toml does not have, and starts it.

import { parseAgentName } from "../../../protocol/names.js";
import { noWorkingDirectory } from "../../paths.js";
import { AGENT, reportUp } from "../agent-verbs.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { DAEMON_EXITS } from "../help/exits.js";
import { UsageError } from "../usage-error.js";

export const command = defineCommand({
  name: "run",
  summary: "Adds an agent that is in no file, and starts it.",
  details:
    "It runs in the current directory, under the daemon, with the defaults of `hearth help config`, and returns when it is ready. It outlives this terminal and the daemon, until `hearth remove`. For anything that is to stay, write it into hearth.toml.",
  flags: {
    name: { type: "string", value: "NAME", summary: AGENT.summary },
    "max-memory": { type: "string", value: "SIZE", summary: "restart it when it uses more, such as 500MB" },
    cron: { type: "string", value: "SCHEDULE", summary: 'restart it on a schedule, such as "0 4 * * *"' },
    watch: { type: "boolean", summary: "restart it when files below the current directory change" },
    "no-wait": { type: "boolean", summary: "return before it is ready" },
  },
  takesProgram: true,
  exits: { ...DAEMON_EXITS, failed: "it did not come up, or there is an agent of this name" },
  examples: [
    "hearth run --name web -- python3 -m http.server 8000",
    "hearth run --name job/1 --no-wait -- make all",
    "hearth run --name api --watch --max-memory 500MB -- node api.mjs  # again when a file changes",
  ],
  seeAlso: ["remove", "start", "logs", "help config"],
  async run(context, { flags, program }) {
    const [file, ...rest] = program;
    if (flags.name === undefined)
      throw new UsageError("run: the agent needs a name", "write it like `hearth run --name NAME -- COMMAND`");
    const name = parseAgentName(flags.name);
    if (file === undefined)
      throw new UsageError("run: which program?", `write it like \`hearth run --name ${name} -- COMMAND\``);
    // The agent would run there.
    if (context.cwd === "") throw noWorkingDirectory();
    const options = { timeoutMs: timeoutOf(context) };
    const { agents } = await withClient(context, async (client) => {
      const { "max-memory": max_memory, cron, watch } = flags;
      const definition = {
        name,
        command: [file, ...rest],
        cwd: context.cwd,
        max_memory,
        cron,
        watch: watch || undefined,
      };
      await client.call("agent.add", definition, options);
      return client.call("agent.start", { agent: name, wait: !flags["no-wait"] }, options);
    });
    return reportUp(context, agents);
  },
});
