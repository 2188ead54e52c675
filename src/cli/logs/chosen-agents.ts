// Which agents' logs a command line means.
import { isGlob, matchGlob, parseAgentGlob } from "../../../protocol/names.js";
import type { Client } from "../../client/client.js";

const EVERY_AGENT = "*";

export interface Chosen {
  /** Names and globs, each once. */
  readonly patterns: readonly string[];
  /** Whether it is one agent by its name, so that nobody wonders whose lines they are. */
  readonly isOne: boolean;
}

/** All agents when there are no words. @throws {HearthError} `invalid-params` for what can be no agent's name. */
export function choose(words: readonly string[]): Chosen {
  const patterns = words.length === 0 ? [EVERY_AGENT] : [...new Set(words.map(parseAgentGlob))];
  return { patterns, isOne: patterns.length === 1 && !patterns.some(isGlob) };
}

/** The agents with such a log of those that were chosen, in that order, each once; names are taken at their word. */
export async function namesOf(
  client: Client,
  { patterns }: Chosen,
  { timeoutMs, stream }: { readonly timeoutMs: number; readonly stream?: "stderr" },
): Promise<string[]> {
  const matching = async (match: string): Promise<string[]> => {
    const { agents } = await client.call("agent.list", { match }, { timeoutMs });
    const having = stream === undefined ? agents : agents.filter(({ stderrFile }) => stderrFile !== undefined);
    return having.map(({ agent }) => agent);
  };
  const names = await Promise.all(patterns.map((pattern) => (isGlob(pattern) ? matching(pattern) : [pattern])));
  return [...new Set(names.flat())];
}

/** Whether an agent is meant by one of these patterns that stand before `index`. */
export function isChosenBefore(patterns: readonly string[], index: number, agent: string): boolean {
  return patterns.slice(0, index).some((pattern) => matchGlob(pattern, agent));
}
