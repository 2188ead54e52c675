// `hearth start`: starts agents, and the daemon first when it is not running.

import type { AgentStatus, Result } from "../../../protocol/methods.js";
import type { Client } from "../../client/client.js";
import type { CallOptions } from "../../client/limit.js";
import { AGENTS, ALL_FLAG, forEachSelection, obstaclesTo, reportUp, selectionOf } from "../agent-verbs.js";
import { showComingUp } from "../coming-up.js";
import { defineCommand } from "../command.js";
import { someAgents } from "../completion/completes.js";
import { type Context, timeoutOf, withClient } from "../context.js";
import { ensureDaemon } from "../ensure-daemon.js";
import { CONTROL_EXITS, START_EXITS } from "../help/exits.js";
import { plain } from "../render/text.js";
import { clipToWidth } from "../render/width.js";
import { UsageError } from "../usage-error.js";

/** Of so many failed agents the last lines are shown, so that the summary stays in sight. */
const MOST_FAILED = 3;
const LAST_WORDS = 5;

export const command = defineCommand({
  name: "start",
  summary: "Starts agents, and the daemon first when it is not running.",
  details:
    "Without a name: the daemon and every autostart agent. Waits until they are ready or have failed; agents they depend on are started first. That an agent runs already is no failure.",
  positionals: [{ ...AGENTS, completes: someAgents("down") }],
  flags: {
    ...ALL_FLAG,
    reset: { type: "boolean", summary: "clear a crash loop first" },
    wait: { type: "boolean", summary: "wait until they are ready (the default)" },
    "no-wait": { type: "boolean", summary: "return at once" },
  },
  exits: { ...START_EXITS, ...CONTROL_EXITS, failed: "an agent or the daemon did not come up" },
  examples: [
    "hearth start  # the daemon and every autostart agent",
    "hearth start gateway 'gastown/*'",
    "hearth start gateway --reset  # also after a crash loop",
  ],
  seeAlso: ["status", "stop", "logs", "reset", "help agents"],
  async run(context, { words, flags }) {
    if (flags.wait && flags["no-wait"])
      throw new UsageError("start: --wait or --no-wait, not both", "leave one out: `hearth start` waits by itself");
    const named = words.length > 0 || flags.all ? selectionOf("start", words, flags) : null;
    await ensureDaemon(context);
    const wish = { wait: !flags["no-wait"], reset: flags.reset };
    return withClient(context, async (client) => {
      const options = { timeoutMs: timeoutOf(context) };
      const start = (agent: string) => client.call("agent.start", { agent, ...wish }, options);
      const { wait } = wish;
      if (named !== null)
        return report(context, client, { names: [], wait, work: () => forEachSelection(named, start) });
      const { names, failed } = await autostartAgents(client, options);
      const startUnlessFailed = (agent: string) =>
        start(agent).catch((error) => failedMeanwhile(client, { agent, refusal: error }, options));
      const work = async () => [...(await forEachSelection(names, startUnlessFailed)), ...failed];
      return report(context, client, { names, wait, work });
    });
  },
});

async function report(
  context: Context,
  client: Client,
  {
    names,
    wait,
    work,
  }: { readonly names: readonly string[]; readonly wait: boolean; readonly work: () => Promise<AgentStatus[]> },
): Promise<number> {
  const agents = await showComingUp(context, client, { names, work });
  const obstacles = wait ? await obstaclesTo(context, client, agents) : undefined;
  await tellLastWords(context, client, [...agents, ...(obstacles ?? [])]);
  return reportUp(context, agents, { obstacles });
}

/** The end of the output of those that failed, which most often says why. */
async function tellLastWords(context: Context, client: Client, agents: readonly AgentStatus[]): Promise<void> {
  const { output } = context;
  const options = { timeoutMs: timeoutOf(context) };
  for (const { agent } of agents.filter(({ state }) => state === "failed").slice(0, MOST_FAILED)) {
    const { lines } = await client.call("agent.logs", { agent, lines: LAST_WORDS }, options);
    for (const line of lines) output.note(clipToWidth(`${agent} | ${plain(line)}`, output.style.columns));
  }
}

/** Those in a crash loop can't be started, but whoever starts everything has to know of them. */
async function autostartAgents(
  client: Client,
  options: CallOptions,
): Promise<{ readonly names: string[]; readonly failed: AgentStatus[] }> {
  const { agents } = await client.call("agent.list", {}, options);
  const meant = agents.filter(({ autostart }) => autostart);
  const failed = meant.filter(({ state }) => state === "failed");
  return { names: meant.filter((agent) => !failed.includes(agent)).map(({ agent }) => agent), failed };
}

/** An agent that came into a crash loop since it was listed can no longer be started, and is reported as it is. */
async function failedMeanwhile(
  client: Client,
  { agent, refusal }: { readonly agent: string; readonly refusal: unknown },
  options: CallOptions,
): Promise<Result<"agent.start">> {
  const status = await client.call("agent.get", { agent }, options);
  if (status.state !== "failed") throw refusal;
  return { agents: [status] };
}
