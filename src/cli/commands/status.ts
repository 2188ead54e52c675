// `hearth status`: the daemon and its agents at a glance.

import type { AgentStatus, DaemonStatus } from "../../../protocol/methods.js";
import { isGlob, parseAgentGlob } from "../../../protocol/names.js";
import type { Client } from "../../client/client.js";
import type { CallOptions } from "../../client/connection.js";
import { defineCommand } from "../command.js";
import { someAgents } from "../completion/completes.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { AGENT_EXITS } from "../help/exits.js";
import { renderAgent } from "../render/agent-page.js";
import { renderAgents } from "../render/agents.js";
import { renderDaemonLine } from "../render/daemon.js";
import type { Style } from "../render/text.js";

export const command = defineCommand({
  name: "status",
  aliases: ["ls"],
  summary: "Shows the daemon and its agents at a glance, or all about one.",
  positionals: [
    { name: "agent", summary: "only this agent, or those that a glob matches", completes: someAgents("any") },
  ],
  exits: AGENT_EXITS,
  examples: ["hearth status", "hearth status gateway  # all about one", "hearth status 'gastown/*' --json"],
  seeAlso: ["logs", "events", "daemon status", "help agents"],
  async run(context, { words: [word] }) {
    const options = { timeoutMs: timeoutOf(context) };
    const match = word === undefined ? undefined : parseAgentGlob(word);
    const [daemon, agents] = await withClient(context, (client) =>
      Promise.all([client.call("daemon.status", {}, options), agentsOf(client, match, options)]),
    );
    const isOne = match !== undefined && !isGlob(match);
    context.output.result({ daemon, agents }, isOne ? renderOne : renderAll);
    return EXIT.done;
  },
});

interface Seen {
  readonly daemon: DaemonStatus;
  readonly agents: readonly AgentStatus[];
}

async function agentsOf(client: Client, match: string | undefined, options: CallOptions): Promise<AgentStatus[]> {
  if (match === undefined) return (await client.call("agent.list", {}, options)).agents;
  if (isGlob(match)) return (await client.call("agent.list", { match }, options)).agents;
  return [await client.call("agent.get", { agent: match }, options)];
}

function renderAll({ daemon, agents }: Seen, style: Style): string[] {
  return [...renderDaemonLine(daemon, style), "", ...renderAgents(agents, style)];
}

function renderOne({ daemon, agents }: Seen, style: Style): string[] {
  const now = Date.now();
  return [...renderDaemonLine(daemon, style), "", ...agents.flatMap((agent) => renderAgent(agent, style, { now }))];
}
