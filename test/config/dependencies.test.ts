// Dependencies that can't be met are found, each once, and nothing else is.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dependencies, dependencyFlaws } from "../../src/config/dependencies.js";

function flawsOf(agents: Record<string, string[]>) {
  return dependencyFlaws(new Map(Object.entries(agents)), new Set(Object.keys(agents)));
}

describe("dependencies", () => {
  test("that share one are no cycle", () => {
    expect(flawsOf({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] })).toEqual([]);
  });

  test("in two cycles are two flaws", () => {
    const messages = flawsOf({ a: ["b"], b: ["a"], c: ["c"] }).map(({ agent, message }) => `${agent}: ${message}`);
    expect(messages).toEqual([
      "b: these agents wait for each other: a -> b -> a",
      "c: an agent cannot depend on itself",
    ]);
  });

  test("on an agent with flaws of its own are met", () => {
    expect(dependencyFlaws(new Map([["a", ["broken"]]]), new Set(["a", "broken"]))).toEqual([]);
  });
});

test("an order to start in exists exactly when there is no flaw", () => {
  const names = ["a", "b", "c", "d", "e"];
  const graph = fc.tuple(...names.map(() => fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 })));
  fc.assert(
    fc.property(graph, (lists) => {
      const dependencies: Dependencies = new Map(names.map((name, index) => [name, lists[index] ?? []]));
      expect(dependencyFlaws(dependencies, new Set(names)).length === 0).toBe(canAllStart(dependencies));
    }),
  );
});

/** Starts whatever has all it needs until nothing more can start. */
function canAllStart(dependencies: Dependencies): boolean {
  const up = new Set<string>();
  for (const _ of dependencies) {
    for (const [name, needed] of dependencies) if (needed.every((each) => up.has(each))) up.add(name);
  }
  return up.size === dependencies.size;
}
