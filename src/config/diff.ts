// What a new configuration changes, and which running agents must restart for it.
import { isDeepStrictEqual } from "node:util";
import { stdinOf } from "./heartbeat.js";
import type { AgentSpec, Config } from "./spec.js";

export interface ChangedAgent {
  readonly spec: AgentSpec;
  /** True when a running session can't take the change on. */
  readonly mustRestart: boolean;
}

export interface ConfigDiff {
  readonly added: readonly AgentSpec[];
  /** Names of agents that are no longer defined. */
  readonly removed: readonly string[];
  readonly changed: readonly ChangedAgent[];
  /** Names of agents that are defined as before. */
  readonly unchanged: readonly string[];
}

type Agents = Pick<Config, "agents">;

/** Compares the agents of two configurations. */
export function diffConfigs(before: Agents, after: Agents): ConfigDiff {
  const names = [...after.agents.keys()];
  const kept = [...after.agents.values()].flatMap((spec) => changeOf(before.agents.get(spec.name), spec));
  const changedNames = new Set(kept.map(({ spec }) => spec.name));
  return {
    added: [...after.agents.values()].filter(({ name }) => !before.agents.has(name)),
    removed: [...before.agents.keys()].filter((name) => !after.agents.has(name)),
    changed: kept,
    unchanged: names.filter((name) => before.agents.has(name) && !changedNames.has(name)),
  };
}

function changeOf(before: AgentSpec | undefined, spec: AgentSpec): ChangedAgent[] {
  if (before === undefined || isDeepStrictEqual(before, spec)) return [];
  return [{ spec, mustRestart: !isDeepStrictEqual(launchPart(before), launchPart(spec)) }];
}

/** What a session is given at its start and can't be given later; everything else is the supervisor's to apply. */
function launchPart(spec: AgentSpec): object {
  const { command, cwd, env, envFile, session, umask, nice, stderr } = spec;
  return { command, cwd, env, envFile, session, umask, nice, stderr, stdin: stdinOf(spec) };
}
