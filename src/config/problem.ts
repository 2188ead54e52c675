// Finds the place of what is wrong with a configuration, so that a person can act on it.
import { type ConfigProblem, formatProblem } from "../../protocol/config-problem.js";
import { type Key, type Position, positionsOf } from "./positions.js";

/** Something wrong with a value, found before anybody knows where it was written. */
export interface ConfigFlaw {
  /** Keys and indexes from the top of the file (or of a definition). */
  readonly path: readonly Key[];
  readonly message: string;
  /** The command or advice that helps. */
  readonly hint: string;
}

/** A configuration or definition that cannot be used; `problems` are all that were found, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join("\n"));
  }
}

/** A flaw of something that was never written in a file. */
export function withoutPlace({ path, message, hint }: ConfigFlaw): ConfigProblem {
  return { file: null, line: null, column: null, key: formatKey(path), message, hint };
}

/** Finds where each flaw was written, and puts them in the order of the file. */
export async function toProblems(file: string, source: string, flaws: readonly ConfigFlaw[]): Promise<ConfigProblem[]> {
  if (flaws.length === 0) return [];
  const positions = await positionsOf(source);
  return flaws.map((flaw) => toProblem(file, flaw, positions(flaw.path))).sort(byPosition);
}

/** A path as one would write it in TOML. */
export function formatKey(path: readonly Key[]): string {
  return path.map((key, depth) => formatPart(key, depth)).join("");
}

function formatPart(key: Key, depth: number): string {
  if (typeof key === "number") return `[${key}]`;
  const part = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
  return depth === 0 ? part : `.${part}`;
}

function toProblem(file: string, flaw: ConfigFlaw, position: Position | null): ConfigProblem {
  return { ...withoutPlace(flaw), file, ...position };
}

function byPosition(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
