// A table that fits its terminal: wide columns are cut, and those on the right left out when even that is not enough.
import { type Colour, clip, paint, type Style } from "./text.js";

/** One cell. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour | null;
}

const GAP = 2;
/** A column that is cut keeps this many characters. */
const MIN_WIDTH = 10;

/** Lines of a table; the first row is its head. Each row has the same number of cells. */
export function renderTable(rows: readonly (readonly Cell[])[], style: Style): string[] {
  const widths = fitWidths(naturalWidths(rows), style.columns);
  return rows.map((row) => renderRow(row.slice(0, widths.length), widths, style));
}

function naturalWidths(rows: readonly (readonly Cell[])[]): number[] {
  const count = rows[0]?.length ?? 0;
  return Array.from({ length: count }, (_, column) => Math.max(...rows.map((row) => lengthOf(row[column]))));
}

/** Takes from the widest column until the table fits; drops the last when none can give more. */
function fitWidths(natural: readonly number[], columns: number): number[] {
  const widths = [...natural];
  for (let excess = total(widths) - columns; excess > 0; excess = total(widths) - columns) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width > MIN_WIDTH) widths[widest] = Math.max(MIN_WIDTH, width - excess, second(widths, widest));
    else if (widths.length > 1) widths.pop();
    else return [columns];
  }
  return widths;
}

/** The next widest, so that two wide columns are cut alike; one less when they are equal already. */
function second(widths: readonly number[], widest: number): number {
  const others = widths.filter((_, column) => column !== widest);
  const next = Math.max(0, ...others);
  return next === widths[widest] ? next - 1 : next;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
}

function renderRow(cells: readonly Cell[], widths: readonly number[], style: Style): string {
  const last = cells.length - 1;
  const parts = cells.map(({ text, colour = null }, column) => {
    const clipped = clip(text, widths[column] ?? 0);
    const padding = column === last ? 0 : (widths[column] ?? 0) + GAP - [...clipped].length;
    return paint(clipped, colour, style) + " ".repeat(padding);
  });
  return parts.join("").trimEnd();
}

function lengthOf(cell: Cell | undefined): number {
  return [...(cell?.text ?? "")].length;
}
