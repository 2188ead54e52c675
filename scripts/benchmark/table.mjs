// The tables of a run, as lines of cells: for a terminal and for a page.

/** With as many digits as say something. */
export function number(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value === 0 ? "0" : value.toFixed(Math.abs(value) >= 0.1 ? 1 : 2);
}

/** Its median, and its spread when it was measured more than once. */
export function figureText({ value, low, high, samples }) {
  if (samples === 1) return number(value);
  return `${number(value)} (${number(low)}–${number(high)})`;
}

/** One line for each floor: what, its figure, the floor's, the ratio, the target and whether it was met. */
export function rowLines(rows) {
  const lines = rows.flatMap((row) =>
    row.floors.map((floor) => [
      row.row,
      `${figureText(row)} ${row.unit}`,
      floorText(floor, row.unit),
      floor.ratio === undefined ? "" : floor.ratio.toFixed(2),
      floor.target ?? "",
      verdict(floor),
    ]),
  );
  return [["what", "Hearth", "floor", "ratio", "target", ""], ...lines];
}

function floorText({ floor, floorFigure, missing }, unit) {
  if (floor === null) return "";
  return missing === undefined ? `${floor}: ${figureText(floorFigure)} ${unit}` : `${floor}: not measured`;
}

function verdict({ target, met, missing }) {
  if (missing !== undefined) return `not measured: ${missing}`;
  if (target === null) return "";
  return met ? "met" : "MISSED";
}

/** One line for each measure, one column for each entrant; one that could not be had says so in each line. */
export function comparisonLines(comparisons, entrants) {
  const cell = (by, { name, missing }) => {
    if (missing !== undefined) return "not measured";
    const taken = by[name];
    if (taken === undefined) return "";
    return taken.text ?? figureText(taken);
  };
  const lines = comparisons.map(({ measure, unit, by }) => [
    `${measure} (${unit})`,
    ...entrants.map((entrant) => cell(by, entrant)),
  ]);
  return [["what", ...entrants.map(({ name }) => name)], ...lines];
}

/** One line for each series, one column for each count. */
export function plotLines({ unit, counted, series }) {
  const counts = [...new Set(series.flatMap(({ points }) => points.map(({ count }) => count)))].sort((a, b) => a - b);
  const cell = (points, count) => {
    const point = points.find((each) => each.count === count);
    return point === undefined ? "" : figureText(point);
  };
  const lines = series.map(({ name, points }) => [name, ...counts.map((count) => cell(points, count))]);
  return [[`${unit}, by ${counted}`, ...counts.map(String)], ...lines];
}

/** With columns of one width. */
export function plainTable(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = (line) => line.map((cell, column) => cell.padEnd(widths[column]));
  return lines.map((line) => text(line).join("  ").trimEnd()).join("\n");
}

export function markdownTable(table) {
  const [head, ...lines] = table;
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...lines.map(line)].join("\n");
}
