// A table that fits its terminal: wide columns are cut, and the least important left out when even that is not enough.
import { type Colour, paint, type Style } from "./text.js";
import { clipToWidth, widthOf } from "./width.js";

/** One cell; its text may have colours of its own. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour | null;
}

/** What becomes of a column where it is narrow. */
export interface ColumnRule {
  /** The column with the highest goes first. */
  readonly rank: number;
  /** It may be cut to so many characters. */
  readonly least: number;
}

const GAP = 2;
/** A column without a rule of its own keeps this many characters. */
const LEAST_WIDTH = 10;

/**
 * Lines of a table; the first row is its head. Each row has the same number of cells. Without rules the columns on the
 * right go first.
 */
export function renderTable(
  rows: readonly (readonly Cell[])[],
  style: Style,
  rules: readonly ColumnRule[] = defaultRules(rows),
): string[] {
  const columns = fitColumns(naturalWidths(rows), rules, style.columns);
  const lines = rows.map((row) => renderRow(row, columns, style));
  return style.isAscii ? lines.map((line) => line.replaceAll("…", "~")) : lines;
}

interface Column {
  readonly index: number;
  width: number;
  readonly rule: ColumnRule;
}

function defaultRules(rows: readonly (readonly Cell[])[]): ColumnRule[] {
  return (rows[0] ?? []).map((_, rank) => ({ rank, least: LEAST_WIDTH }));
}

function naturalWidths(rows: readonly (readonly Cell[])[]): number[] {
  const count = rows[0]?.length ?? 0;
  return Array.from({ length: count }, (_, column) => Math.max(...rows.map((row) => widthOf(row[column]?.text ?? ""))));
}

/** The columns that are left, in their order, as wide as there is room for. */
function fitColumns(natural: readonly number[], rules: readonly ColumnRule[], columns: number): Column[] {
  let left = natural.map((width, index): Column => ({ index, width, rule: rules[index] ?? { rank: index, least: 0 } }));
  const leastWidth = ({ width, rule }: Column): number => Math.min(width, rule.least);
  while (left.length > 1 && total(left.map(leastWidth)) > columns) left = withoutLeastImportant(left);
  cutToFit(left, columns);
  return left;
}

function withoutLeastImportant(columns: readonly Column[]): Column[] {
  const highest = Math.max(...columns.map(({ rule }) => rule.rank));
  return columns.filter(({ rule }) => rule.rank !== highest);
}

/** Takes from the widest that may be cut, until they fit; the only one is cut to whatever there is. */
function cutToFit(columns: readonly Column[], available: number): void {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) only.width = Math.min(only.width, available);
  for (let excess = excessOf(columns, available); excess > 0; excess = excessOf(columns, available)) {
    const [widest, next] = columns.filter(({ width, rule }) => width > rule.least).sort((a, b) => b.width - a.width);
    if (widest === undefined) return;
    // Two wide columns are cut alike.
    const level = next === undefined ? 0 : Math.min(next.width, widest.width - 1);
    widest.width = Math.max(widest.rule.least, widest.width - excess, level);
  }
}

function excessOf(columns: readonly Column[], available: number): number {
  return total(columns.map(({ width }) => width)) - available;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
}

function renderRow(cells: readonly Cell[], columns: readonly Column[], style: Style): string {
  const parts = columns.map(({ index, width }, place) => {
    const { text = "", colour = null } = cells[index] ?? {};
    const clipped = clipToWidth(text, width);
    const padding = place === columns.length - 1 ? 0 : width + GAP - widthOf(clipped);
    return paint(clipped, colour, style) + " ".repeat(padding);
  });
  return parts.join("").trimEnd();
}
