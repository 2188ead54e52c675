// What start, stop and restart have in common: several agents, one answer.
import type { AgentStatus, Result } from "../../protocol/methods.js";
import { isGlob, parseAgentGlob } from "../../protocol/names.js";
import type { Client } from "../client/client.js";
import type { PositionalSpec } from "./command.js";
import { oneAgent, someAgents } from "./completion/completes.js";
import { type Context, timeoutOf } from "./context.js";
import { EXIT } from "./exit-codes.js";
import { describe, renderOutcomes } from "./render/agents.js";
import { plain } from "./render/text.js";
import { UsageError } from "./usage-error.js";

export const AGENTS: PositionalSpec = {
  name: "agents",
  summary: "names, or globs such as 'gastown/*'",
  variadic: true,
  completes: someAgents("any"),
};

export const AGENT: PositionalSpec = {
  name: "agent",
  summary: "the agent's name",
  required: true,
  completes: oneAgent("any"),
};

export const ALL_FLAG = { all: { type: "boolean", summary: "every agent" } } as const;

const EVERY_AGENT = "**";

/**
 * The names and globs that were asked for.
 * @throws {UsageError} there are none, or --all stands beside them.
 * @throws {HearthError} `invalid-params` for what can be no agent's name.
 */
export function selectionOf(
  verb: string,
  words: readonly string[],
  { all }: { readonly all: boolean },
): readonly string[] {
  if (all && words.length > 0)
    throw new UsageError(`${verb}: name agents or say --all, not both`, `run \`hearth ${verb} --help\``);
  if (all) return [EVERY_AGENT];
  if (words.length === 0) throw new UsageError(`${verb}: which agent?`, `name one, or run \`hearth ${verb} --all\``);
  return words.map(parseAgentGlob);
}

/**
 * For a command that has found nothing about them: there may be nothing, or no such agents.
 * @throws {HearthError} `no-such-agent` for a name; a glob may match none.
 */
export async function assertThere(context: Context, client: Client, selections: readonly string[]): Promise<void> {
  for (const agent of selections.filter((selection) => !isGlob(selection))) {
    await client.call("agent.get", { agent }, { timeoutMs: timeoutOf(context) });
  }
}

/** Selections that are asked for at the same time: a connection may wait for no more than 64 things by default. */
const AT_ONCE = 32;

/**
 * Asks for many selections at a time, and joins the answers; an agent that was meant twice appears once. When one is
 * refused the others are carried out all the same.
 * @throws what the first refused one answered.
 */
export async function forEachSelection(
  selections: readonly string[],
  ask: (selection: string) => Promise<Result<"agent.start">>,
): Promise<AgentStatus[]> {
  const answers: PromiseSettledResult<Result<"agent.start">>[] = [];
  const queue = selections.entries();
  const askInTurn = async (): Promise<void> => {
    for (const [index, selection] of queue) [answers[index]] = await Promise.allSettled([ask(selection)]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
  const refused = answers.find((answer) => answer.status === "rejected");
  if (refused !== undefined) throw refused.reason;
  const agents = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value.agents : []));
  return [...new Map(agents.map((agent) => [agent.agent, agent])).values()];
}

/** What keeps agents from starting, be it through a third: it has failed or ended, and was not itself asked for. */
export async function obstaclesTo(
  context: Context,
  client: Client,
  agents: readonly AgentStatus[],
): Promise<AgentStatus[]> {
  if (!agents.some(isWaiting)) return [];
  const list = await client.call("agent.list", {}, { timeoutMs: timeoutOf(context) });
  const all = new Map(list.agents.map((agent) => [agent.agent, agent]));
  const behind = new Set<AgentStatus>();
  const lookBehind = ({ waitingFor }: AgentStatus): void => {
    for (const name of waitingFor) {
      const agent = all.get(name);
      if (agent === undefined || behind.has(agent)) continue;
      behind.add(agent);
      lookBehind(agent);
    }
  };
  for (const agent of agents) lookBehind(agent);
  const asked = new Set(agents.map(({ agent }) => agent));
  return [...behind].filter((each) => !asked.has(each.agent) && (hasFailed(each) || each.state === "stopped"));
}

function hasFailed({ state }: AgentStatus): boolean {
  return state === "failed";
}

function isWaiting({ waitingFor }: AgentStatus): boolean {
  return waitingFor.length > 0;
}

/**
 * Prints the agents and returns 1 when one of them failed to come up, saying what to do about it. Whoever has waited
 * gives the obstacles: then an agent that still waits for another does so in vain.
 */
export function reportUp(
  context: Context,
  agents: readonly AgentStatus[],
  { obstacles }: { readonly obstacles?: readonly AgentStatus[] | undefined } = {},
): number {
  const { output } = context;
  reportAgents(context, agents);
  for (const obstacle of obstacles ?? []) {
    output.note(`note: ${plain(obstacle.agent)} is ${describe(obstacle)}; what depends on it waits in vain`);
  }
  for (const { agent, lastExit } of agents.filter(({ state }) => state === "stopped")) {
    output.note(
      `note: ${agent} has ended by itself: ${plain(lastExit?.reason ?? "it is done")}; see \`hearth logs ${agent}\``,
    );
  }
  const failed = agents.filter(hasFailed);
  for (const { agent } of [...failed, ...(obstacles ?? []).filter(hasFailed)]) {
    output.note(`hint: see \`hearth logs ${agent}\`, mend it, then run \`hearth start ${agent} --reset\``);
  }
  const waitsInVain = obstacles !== undefined && agents.some(isWaiting);
  return failed.length > 0 || waitsInVain ? EXIT.failed : EXIT.done;
}

/** Prints the agents. That there are none is no failure, but may be a mistake. */
export function reportAgents({ output }: Context, agents: readonly AgentStatus[]): number {
  output.result({ agents }, ({ agents }) => renderOutcomes(agents));
  if (agents.length === 0) output.note("note: there is no agent to do that with; `hearth status` shows all");
  return EXIT.done;
}
