// Whether the agents that others depend on exist, and whether they can ever start: no cycles.
import { suggest } from "../../protocol/suggest.js";
import { formatKey } from "./problem.js";

/** Agents with the names of those that must be ready before them. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** A dependency that can't be met: the `index`th in the list of `agent`. */
export interface DependencyFlaw {
  readonly agent: string;
  readonly index: number;
  readonly message: string;
  readonly hint: string;
}

/**
 * Every dependency on an agent that does not exist, and one of each cycle. `known` are the names of all agents, also of
 * those whose own dependencies are not looked at.
 */
export function dependencyFlaws(dependencies: Dependencies, known: ReadonlySet<string>): DependencyFlaw[] {
  return [...unknownDependencies(dependencies, known), ...cycles(dependencies)];
}

function unknownDependencies(dependencies: Dependencies, known: ReadonlySet<string>): DependencyFlaw[] {
  return [...dependencies].flatMap(([agent, names]) =>
    names.flatMap((name, index) => (known.has(name) ? [] : [{ agent, index, ...noSuchAgent(name, known) }])),
  );
}

function noSuchAgent(name: string, known: ReadonlySet<string>): Pick<DependencyFlaw, "message" | "hint"> {
  const [nearest] = suggest(name, known);
  const question = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return {
    message: `there is no agent "${name}"${question}`,
    hint: `define [${formatKey(["agents", name])}], or take it out`,
  };
}

/** Follows each agent's dependencies once, remembering the way; whoever is met again on the way closes a cycle. */
function cycles(dependencies: Dependencies): DependencyFlaw[] {
  const found: DependencyFlaw[] = [];
  const finished = new Set<string>();
  const visit = (agent: string, way: readonly string[]): void => {
    const here = [...way, agent];
    for (const [index, next] of (dependencies.get(agent) ?? []).entries()) {
      if (here.includes(next)) found.push(cycle(agent, index, [...here.slice(here.indexOf(next)), next]));
      else if (!finished.has(next)) visit(next, here);
    }
    finished.add(agent);
  };
  for (const agent of dependencies.keys()) if (!finished.has(agent)) visit(agent, []);
  return found;
}

function cycle(agent: string, index: number, way: readonly string[]): DependencyFlaw {
  const message =
    way.length === 2 ? "an agent cannot depend on itself" : `these agents wait for each other: ${way.join(" -> ")}`;
  return { agent, index, message, hint: "take one of these dependencies out" };
}
