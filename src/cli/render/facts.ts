// One thing in full: a name and a value in each line.

/** A line: its name and what is to be said about it, which may have colours already. */
export type Fact = readonly [name: string, value: string];

/** Lines with the values below each other. */
export function renderFacts(facts: readonly Fact[]): string[] {
  const columns = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts.map(([name, value]) => `${name.padEnd(columns)}${value}`);
}
