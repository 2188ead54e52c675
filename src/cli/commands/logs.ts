// `hearth logs`: what agents wrote, and what they write.
import { parseAgentName } from "../../../protocol/names.js";
import type { Client } from "../../client/client.js";
import { defineCommand } from "../command.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { LOG_FLAGS, lineCount, refuseJsonStream } from "../log-flags.js";
import { renderLogLines } from "../render/logs.js";

export const command = defineCommand({
  name: "logs",
  summary: "Shows the last lines of an agent's output, or of every agent's.",
  positionals: [{ name: "agent", summary: "the agent's name (default: all agents)" }],
  flags: LOG_FLAGS,
  examples: ["hearth logs gateway -n 200", "hearth logs gateway -f", "hearth logs -f"],
  async run(context, { words: [word], flags }) {
    refuseJsonStream(context, flags);
    const lines = lineCount(flags);
    const agent = word === undefined ? null : parseAgentName(word);
    await withClient(context, (client) =>
      flags.follow ? follow(context, client, { agent, lines }) : show(context, client, { agent, lines }),
    );
    return EXIT.done;
  },
});

interface Wish {
  /** Null: every agent. */
  readonly agent: string | null;
  readonly lines: number;
}

async function show(context: Context, client: Client, { agent, lines }: Wish): Promise<void> {
  const { output } = context;
  const names = await namesOf(context, client, agent);
  const tails = await Promise.all(
    names.map(async (name) => ({
      agent: name,
      ...(await client.call("agent.logs", { agent: name, lines }, { timeoutMs: timeoutOf(context) })),
    })),
  );
  const [only] = tails;
  if (agent !== null && only !== undefined)
    return output.result(only, (tail, style) => renderLogLines(tail.lines, style));
  output.result({ logs: tails }, ({ logs }, style) =>
    logs.flatMap((tail) => renderLogLines(tail.lines, style, { prefix: tail.agent })),
  );
}

/** Ends with Ctrl-C, or when the daemon is gone for good. */
async function follow(context: Context, client: Client, { agent, lines }: Wish): Promise<void> {
  const names = await namesOf(context, client, agent);
  await Promise.all(names.map((name) => followOne(context, client, { name, lines, isOnly: agent !== null })));
}

async function followOne(
  { output }: Context,
  client: Client,
  { name, lines, isOnly }: { readonly name: string; readonly lines: number; readonly isOnly: boolean },
): Promise<void> {
  const prefix = isOnly ? {} : { prefix: name };
  for await (const { params } of await client.followLog({ agent: name, lines })) {
    output.lines(renderLogLines(params.lines, output.style, prefix));
  }
}

async function namesOf(context: Context, client: Client, agent: string | null): Promise<string[]> {
  if (agent !== null) return [agent];
  const { agents } = await client.call("agent.list", {}, { timeoutMs: timeoutOf(context) });
  return agents.map((status) => status.agent);
}
