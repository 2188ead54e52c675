// `hearth restart`: stops agents and starts them afresh.

import type { Params } from "../../../protocol/methods.js";
import { AGENTS, ALL_FLAG, forEachSelection, obstaclesTo, reportUp, selectionOf } from "../agent-verbs.js";
import { type Arguments, defineCommand } from "../command.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { CONTROL_EXITS } from "../help/exits.js";
import { REQUEST_FLAGS, request, targetOf } from "../lifecycle-verbs.js";
import { UsageError } from "../usage-error.js";

const FLAGS = {
  ...ALL_FLAG,
  ...REQUEST_FLAGS,
  "update-env": { type: "boolean", summary: "from now on, start them from this command's environment" },
  "reset-env": { type: "boolean", summary: "from now on, start them from the daemon's environment again" },
} as const;

export const command = defineCommand({
  name: "restart",
  summary: "Restarts agents; returns at once unless told to wait.",
  details:
    "With --self, --reason or --key it is a lifecycle request about one agent, which survives the daemon and shows in `hearth requests`. A handoff that waits is discarded: `hearth cycle` hands over.\n\nAgents start from the environment that the daemon was started with. --update-env gives them this command's instead (PATH and all), but for HEARTH_*, what a service manager tells its service, and what tells of this shell and terminal; what `env` and `env_file` say still goes over it. It is kept in the home, readable by nobody else, until --update-env, --reset-env or the end of the agent's definition.",
  positionals: [AGENTS],
  flags: FLAGS,
  exits: { ...CONTROL_EXITS, failed: "with --wait: an agent did not come up again" },
  examples: [
    "hearth restart gateway",
    "hearth restart 'gastown/*' --wait  # until each is ready again, or has failed",
    "hearth restart gateway --update-env  # with this shell's PATH and the rest of its environment",
    "hearth restart --self  # inside the agent, without a handoff",
  ],
  seeAlso: ["cycle", "stop", "daemon restart", "help restarts"],
  run: (context, given) => (isRequest(given) ? restartByRequest(context, given) : restart(context, given)),
});

type Given = Arguments<typeof FLAGS>;

function isRequest({ flags: { self, reason, key } }: Given): boolean {
  return self || reason !== undefined || key !== undefined;
}

async function restartByRequest(context: Context, { words, flags }: Given): Promise<number> {
  if (flags["update-env"] || flags["reset-env"])
    throw new UsageError(
      "restart: a request carries no environment",
      "leave out --self, --reason and --key; see `hearth restart --help`",
    );
  if (flags.all)
    throw new UsageError(
      "restart: a request is about one agent",
      "leave out --all, or --self, --reason and --key; see `hearth restart --help`",
    );
  const target = targetOf(context, "restart", { words, self: flags.self });
  return request(context, { ...target, action: "restart", reason: flags.reason, key: flags.key }, flags);
}

async function restart(context: Context, { words, flags }: Given): Promise<number> {
  const selections = selectionOf("restart", words, flags);
  const wish = { wait: flags.wait, ...environmentFor(context, flags) };
  return withClient(context, async (client) => {
    const agents = await forEachSelection(selections, (agent) =>
      client.call("agent.restart", { agent, ...wish }, { timeoutMs: timeoutOf(context) }),
    );
    return reportUp(context, agents, {
      obstacles: flags.wait ? await obstaclesTo(context, client, agents) : undefined,
    });
  });
}

/** @throws {UsageError} both were asked for. */
function environmentFor({ env }: Context, flags: Given["flags"]): Pick<Params<"agent.restart">, "env"> {
  if (flags["update-env"] && flags["reset-env"])
    throw new UsageError("restart: say --update-env or --reset-env, not both", "run `hearth restart --help`");
  if (flags["reset-env"]) return { env: null };
  return flags["update-env"] ? { env: definedIn(env) } : {};
}

function definedIn(env: Context["env"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
