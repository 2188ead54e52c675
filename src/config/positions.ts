// Where in a TOML text each key was written; loaded only when there is something to complain about.
import type { AST } from "toml-eslint-parser";

/** A table's key or an array's index. */
export type Key = string | number;

/** Both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The position of a key, or of the nearest table around one that was left out; null when nothing of it was written. */
export type FindPosition = (path: readonly Key[]) => Position | null;

/**
 * Reads a text that has already been accepted as TOML. This second parser keeps positions, but refuses a few things that
 * the first accepts (the date 2024-02-30); then no position is known.
 */
export async function positionsOf(source: string): Promise<FindPosition> {
  const { parseTOML, ParseError } = await import("toml-eslint-parser");
  const positions = new Positions();
  try {
    for (const node of parseTOML(source.replace(/^\uFEFF/, "")).body[0].body) positions.addNode(node);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  return (path) => positions.find(path);
}

class Positions {
  readonly #known = new Map<string, Position>();

  addNode(node: AST.TOMLKeyValue | AST.TOMLTable): void {
    if (node.type === "TOMLKeyValue") this.#addPair([], node);
    else this.#addTable(node);
  }

  find(path: readonly Key[]): Position | null {
    if (path.length === 0) return null;
    return this.#known.get(idOf(path)) ?? this.find(path.slice(0, -1));
  }

  #addTable({ key, resolvedKey, body }: AST.TOMLTable): void {
    const parts = key.keys.values();
    for (const [index, name] of resolvedKey.entries()) {
      // An index of `[[array]]` has no part of its own in the header.
      const part = typeof name === "string" ? (parts.next().value ?? key) : key;
      this.#add(resolvedKey.slice(0, index + 1), part);
    }
    for (const pair of body) this.#addPair(resolvedKey, pair);
  }

  #addPair(base: readonly Key[], { key, value }: AST.TOMLKeyValue): void {
    let path = base;
    for (const part of key.keys) {
      path = [...path, part.type === "TOMLBare" ? part.name : part.value];
      this.#add(path, part);
    }
    this.#addValue(path, value);
  }

  #addValue(path: readonly Key[], value: AST.TOMLContentNode): void {
    if (value.type === "TOMLInlineTable") for (const pair of value.body) this.#addPair(path, pair);
    if (value.type !== "TOMLArray") return;
    for (const [index, element] of value.elements.entries()) {
      this.#add([...path, index], element);
      this.#addValue([...path, index], element);
    }
  }

  /** An agent written with a trailing slash is known by its name, too. */
  #add(path: readonly Key[], node: AST.TOMLNode): void {
    this.#addOnce(path, node);
    const [top, agent, ...rest] = path;
    if (top === "agents" && typeof agent === "string") this.#addOnce([top, agent.replace(/\/$/, ""), ...rest], node);
  }

  /** A table may be opened many times (`[a.b]`, `[a.c]`); the first mention counts. */
  #addOnce(path: readonly Key[], { loc }: AST.TOMLNode): void {
    const id = idOf(path);
    if (!this.#known.has(id)) this.#known.set(id, { line: loc.start.line, column: loc.start.column + 1 });
  }
}

function idOf(path: readonly Key[]): string {
  return JSON.stringify(path);
}
