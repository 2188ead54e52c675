// Lays out a page of help: headings, paragraphs, lists of terms and lines of shell, to the width of a terminal.
import { paint, type Style } from "./text.js";

/** A part of a page. */
export type Block =
  | { readonly kind: "heading"; readonly text: string }
  /** Broken where the line ends; `hanging` lines after the first are indented by so many columns. */
  | { readonly kind: "text"; readonly text: string; readonly indent: number; readonly hanging: number }
  /** Lines to be copied, which are never broken; a comment stands above its line. */
  | { readonly kind: "code"; readonly lines: readonly string[] }
  /** The terms take as many columns as the longest needs, or as `column` says. */
  | { readonly kind: "terms"; readonly rows: readonly Term[]; readonly column: number | null };

/** Something with its meaning beside it. */
export interface Term {
  readonly term: string;
  readonly meaning: string;
}

/** Keeps two words in one line. */
export const HARD_SPACE = "\u00a0";

const INDENT = 2;
const GAP = 2;
/** A longer term stands in a line of its own. */
const WIDEST_TERM = 22;

export function heading(text: string): Block {
  return { kind: "heading", text };
}

export function text(text: string, { indent = 0, hanging = 0 } = {}): Block {
  return { kind: "text", text, indent, hanging };
}

export function code(...lines: string[]): Block {
  return { kind: "code", lines };
}

export function terms(rows: readonly Term[], { column = null }: { readonly column?: number | null } = {}): Block {
  return { kind: "terms", rows, column };
}

/** The lines of a page; paragraphs are apart, and what stands below a heading is joined to it. */
export function layOut(blocks: readonly Block[], style: Style): string[] {
  return blocks.flatMap((block, index) => {
    const isJoined = index === 0 || blocks[index - 1]?.kind === "heading";
    return isJoined ? linesOf(block, style) : ["", ...linesOf(block, style)];
  });
}

function linesOf(block: Block, style: Style): string[] {
  switch (block.kind) {
    case "heading":
      return wrap(block.text, style.columns).map((line) => paint(line, "bold", style));
    case "text":
      return indented(wrap(block.text, style.columns - block.indent, block), block.indent);
    case "code":
      return block.lines.flatMap((line) => codeLines(line, style));
    case "terms":
      return termLines(block, style);
  }
}

/** "command  # what it does": the comment goes above where it would not fit beside. */
function codeLines(line: string, style: Style): string[] {
  const [, command = line, comment] = /^(.*?)\s{2,}# (.+)$/.exec(line) ?? [];
  const shown = " ".repeat(INDENT) + command;
  if (comment === undefined) return [shown.trimEnd()];
  const above = indented(wrap(`# ${comment}`, style.columns - INDENT, { hanging: INDENT }), INDENT);
  return [...above.map((part) => paint(part, "dim", style)), shown];
}

function termLines({ rows, column }: Block & { readonly kind: "terms" }, style: Style): string[] {
  const start = INDENT + (column ?? widestOf(rows)) + GAP;
  // Where the terms would take more than half of a line, or leave too little for a word, meanings stand below them.
  const longest = Math.max(0, ...rows.flatMap(({ meaning }) => meaning.split(" ").map((word) => word.length)));
  const isBeside = start + Math.max(start, longest) <= style.columns;
  return rows.flatMap((row) => (isBeside ? besideLines(row, start, style) : belowLines(row, style)));
}

/** Columns that the terms of a list take. */
export function widestOf(rows: readonly Term[]): number {
  return Math.max(0, ...rows.map(({ term }) => term.length).filter((width) => width <= WIDEST_TERM));
}

function besideLines(row: Term, column: number, style: Style): string[] {
  const start = " ".repeat(INDENT) + row.term;
  const lines = indented(wrap(row.meaning, style.columns - column), column);
  if (start.length + GAP > column) return [...termAlone(row, style), ...lines];
  return [(start + (lines[0] ?? "").slice(start.length)).trimEnd(), ...lines.slice(1)];
}

function belowLines(row: Term, style: Style): string[] {
  const deeper = 2 * INDENT;
  return [...termAlone(row, style), ...indented(wrap(row.meaning, style.columns - deeper), deeper)];
}

function termAlone({ term }: Term, { columns }: Style): string[] {
  return indented(wrap(term, columns - INDENT, { hanging: INDENT }), INDENT);
}

function indented(lines: readonly string[], columns: number): string[] {
  return lines.map((line) => " ".repeat(columns) + line);
}

/** Text broken at its spaces, but not at hard ones; a word that is longer than a line stays whole. */
function wrap(text: string, columns: number, { hanging = 0 } = {}): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter((word) => word !== "")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines.splice(-1, 1, `${line} ${word}`);
    else lines.push(line === undefined ? word : " ".repeat(hanging) + word);
  }
  return lines.map((line) => line.replaceAll(HARD_SPACE, " "));
}
