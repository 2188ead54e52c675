// `hearth restart`: stops agents and starts them afresh.

import { AGENTS, ALL_FLAG, forEachSelection, reportUp, selectionOf } from "../agent-verbs.js";
import { type Arguments, defineCommand } from "../command.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { CONTROL_EXITS } from "../help/exits.js";
import { REQUEST_FLAGS, request, targetOf } from "../lifecycle-verbs.js";
import { UsageError } from "../usage-error.js";

const FLAGS = { ...ALL_FLAG, ...REQUEST_FLAGS } as const;

export const command = defineCommand({
  name: "restart",
  summary: "Restarts agents; returns at once unless told to wait.",
  details:
    "With --self, --reason or --key it is a lifecycle request about one agent, which survives the daemon and shows in `hearth requests`. A handoff that waits is discarded: `hearth cycle` hands over.",
  positionals: [AGENTS],
  flags: FLAGS,
  exits: { ...CONTROL_EXITS, failed: "with --wait: an agent did not come up again" },
  examples: [
    "hearth restart gateway",
    "hearth restart 'gastown/*' --wait  # until each is ready again, or has failed",
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
  const agents = await withClient(context, (client) =>
    forEachSelection(selections, (agent) =>
      client.call("agent.restart", { agent, wait: flags.wait }, { timeoutMs: timeoutOf(context) }),
    ),
  );
  return reportUp(context, agents);
}
