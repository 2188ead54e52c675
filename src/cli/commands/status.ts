// `hearth status`: the daemon and its agents at a glance.
import type { AgentStatus, DaemonStatus } from "../../../protocol/methods.js";
import { isGlob, parseAgentGlob } from "../../../protocol/names.js";
import type { Client } from "../../client/client.js";
import type { CallOptions } from "../../client/connection.js";
import { defineCommand } from "../command.js";
import { timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { renderAgents } from "../render/agents.js";
import { renderDaemonLine } from "../render/daemon.js";

export const command = defineCommand({
  name: "status",
  aliases: ["ls"],
  summary: "Shows the daemon and its agents at a glance.",
  positionals: [{ name: "agent", summary: "only this agent, or those that a glob matches" }],
  examples: ["hearth status", "hearth status 'gastown/*' --json"],
  async run(context, { words: [word] }) {
    const options = { timeoutMs: timeoutOf(context) };
    const [daemon, agents] = await withClient(context, (client) =>
      Promise.all([client.call("daemon.status", {}, options), agentsOf(client, word, options)]),
    );
    context.output.result({ daemon, agents }, render);
    return EXIT.done;
  },
});

async function agentsOf(client: Client, word: string | undefined, options: CallOptions): Promise<AgentStatus[]> {
  if (word === undefined) return (await client.call("agent.list", {}, options)).agents;
  const match = parseAgentGlob(word);
  if (isGlob(match)) return (await client.call("agent.list", { match }, options)).agents;
  return [await client.call("agent.get", { agent: match }, options)];
}

function render(
  { daemon, agents }: { readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] },
  style: Parameters<typeof renderAgents>[1],
): string[] {
  return [...renderDaemonLine(daemon, style), "", ...renderAgents(agents, style)];
}
