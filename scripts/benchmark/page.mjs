// docs/benchmarks.md: what a run measured goes between two marks, and what people wrote around them stays.

import { chart } from "./chart.mjs";
import { comparisonLines, markdownTable, plotLines, rowLines } from "./table.mjs";

export const BEGIN = "<!-- measured: scripts/bench --docs writes what follows -->";
export const END = "<!-- end of what was measured -->";

const BUSY =
  "**The machine was busy with other work during this run, so even its ratios say little**; it is to be repeated on a quiet one.";

/** Hearth's own growth is shown to be a straight line; peers differ by powers of ten. */
const LINEAR = new Set(["scale", "memory"]);

/** @throws when the page lacks the marks, or has them in another order */
export function withMeasured(page, measured) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page needs the lines "${BEGIN}" and "${END}", in this order`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${measured}\n\n${page.slice(end)}`;
}

/** The text between the marks. `folder` is where the plots lie, as seen from the page. */
export function measuredText({ about, entrants, rows, comparisons, plots, failures }, folder) {
  const sections = [
    aboutText(about, entrants),
    rows.length === 0 ? [] : ["## Beside floors of the same run", markdownTable(rowLines(rows))],
    comparisons.length === 0 ? [] : ["## Beside its peers", markdownTable(comparisonLines(comparisons, entrants))],
    plots.length === 0 ? [] : ["## Growth", ...plots.flatMap((plot) => plotSection(plot, folder))],
    failures.map(({ name, reason }) => `\`${name}\` could not be measured: ${reason.split("\n")[0]}`),
  ];
  return sections.flat().join("\n\n");
}

/** The pictures by file name. */
export function pictures(plots) {
  const scale = ({ file }) => (LINEAR.has(file) ? "linear" : "log");
  const draw = (plot) => chart({ ...plot, title: plot.measure, scale: scale(plot) });
  return new Map(plots.map((plot) => [`${plot.file}.svg`, draw(plot)]));
}

function plotSection(plot, folder) {
  const picture = `![${plot.measure}, by the number of ${plot.counted}](${folder}/${plot.file}.svg)`;
  return [`### ${plot.measure[0].toUpperCase()}${plot.measure.slice(1)}`, picture, markdownTable(plotLines(plot))];
}

function aboutText(about, entrants) {
  const { takenAt, commit, isQuick, node, kernel, processor, cores, memoryGb, load, seconds } = about;
  const machine = `${cores} cores (${processor}), ${memoryGb} GB, Linux ${kernel}, Node ${node}`;
  const run = `${isQuick ? "A quick run" : "A full run"} of ${Math.round(seconds)} s at ${takenAt}, commit ${commit}.`;
  const known = ({ name, version, missing }) =>
    missing === undefined ? `${name} ${version}` : `${name} could not be had (${missing})`;
  return [
    `${run} ${machine}; load average at its begin: ${load.toFixed(1)}. ${entrants.map(known).join(", ")}.`,
    ...(load > cores / 2 ? [BUSY] : []),
    "Figures are medians; in brackets the tenth and the ninetieth percentile of the repeats.",
  ];
}
