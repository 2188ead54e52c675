// What the soak looks for: something that Hearth promises and that is not so.

export class Violation extends Error {
  override readonly name = "Violation";
  constructor(
    /** The promise. */
    readonly promise: string,
    /** What was seen instead. */
    readonly seen: readonly string[],
  ) {
    super(`${promise}:\n${seen.map((line) => `  ${line}`).join("\n")}`);
  }
}

/** @throws Violation when anything was seen that should not be there */
export function expectNone(promise: string, seen: readonly string[]): void {
  if (seen.length > 0) throw new Violation(promise, seen);
}
