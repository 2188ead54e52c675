// The order in which agents that depend on each other start and stop.
import type { AgentSpec } from "../config/spec.js";

type Specs = ReadonlyMap<string, Pick<AgentSpec, "dependsOn">>;

/** The named agents with everything they depend on, dependencies first. The configuration has refused cycles. */
export function inStartOrder(names: Iterable<string>, specs: Specs): readonly string[] {
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name)) return;
    for (const dependency of specs.get(name)?.dependsOn ?? []) visit(dependency);
    order.add(name);
  };
  for (const name of names) visit(name);
  return [...order];
}

/** Who depends directly on whom: dependency to dependents. */
export function dependentsOf(specs: Specs): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>();
  for (const [name, { dependsOn }] of specs) {
    for (const dependency of dependsOn) dependents.set(dependency, [...(dependents.get(dependency) ?? []), name]);
  }
  return dependents;
}
