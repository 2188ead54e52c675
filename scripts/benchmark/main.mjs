// Measures Hearth against floors taken in the same run and prints a table. Usage: scripts/bench [--quick] [--json]

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installCompetitors } from "./programs.mjs";
import { measureRows } from "./rows.mjs";

function number(value) {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}

/** One line for each comparison: what, its value, the floor's, the ratio, the target and whether it was met. */
function tableLines(rows) {
  const lines = rows.flatMap(({ row, unit, value, floors }) =>
    floors.map(({ floor, floorValue, ratio, target, met }) => [
      row,
      `${number(value)} ${unit}`,
      floor === null ? "" : `${floor}: ${number(floorValue)} ${unit}`,
      ratio === undefined ? "" : ratio.toFixed(2),
      target,
      met ? "met" : "MISSED",
    ]),
  );
  return [["what", "Hearth", "floor", "ratio", "target", ""], ...lines];
}

function printTable(rows) {
  const lines = tableLines(rows);
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
}

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const directory = realpathSync(mkdtempSync(join(tmpdir(), "hearth-bench-")));
const packages = join(directory, "packages");
const deferred = [() => rmSync(directory, { recursive: true, force: true })];

/** Ends everything that was started, the latest first, whatever goes wrong with one of them. */
async function endAll() {
  while (deferred.length > 0) {
    const end = deferred.pop();
    try {
      await end();
    } catch (error) {
      console.error(`left behind: ${error.message}`);
      process.exitCode = 1;
    }
  }
}

let ending;

/** Whether by its end or by a signal: it happens once, and everybody waits for it. */
function cleanUp() {
  ending ??= endAll();
  return ending;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.once(signal, () => cleanUp().finally(() => process.exit(code)));
}

try {
  await installCompetitors(packages);
  const rows = await measureRows({ directory, packages, quick: options.quick, defer: (end) => deferred.push(end) });
  if (options.json) console.log(JSON.stringify({ node: process.version, platform: process.platform, rows }, null, 2));
  else printTable(rows);
} finally {
  await cleanUp();
}
