// Measures Hearth beside floors and peers, in one run, and prints tables.
// Usage: scripts/bench [--quick] [--only NAME,...] [--json FILE] [--docs] [--from FILE]

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FULL, QUICK } from "./effort.mjs";
import { MEASUREMENTS } from "./measurements.mjs";
import { measuredText, pictures, withMeasured } from "./page.mjs";
import { roster } from "./peers/roster.mjs";
import { findNodePackages } from "./peers/tools.mjs";
import { endMarked } from "./processes.mjs";
import { comparisonLines, plainTable, plotLines, rowLines } from "./table.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(root, "docs/benchmarks.md");
const PICTURES = join(root, "docs/benchmarks");
const FIGURES = join(PICTURES, "figures.json");

function parseOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      json: { type: "string" },
      docs: { type: "boolean", default: false },
      from: { type: "string" },
    },
  });
  const names = values.only?.split(",") ?? Object.keys(MEASUREMENTS);
  const unknown = names.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
  if (unknown.length > 0) {
    throw new Error(`no such measurement: ${unknown.join(", ")}; there are ${Object.keys(MEASUREMENTS).join(", ")}`);
  }
  return { ...values, names };
}

function say(line) {
  console.error(line);
}

function aboutMachine({ isQuick }) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return {
    takenAt: new Date().toISOString(),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim(),
    version,
    isQuick,
    node: process.versions.node,
    kernel: release(),
    processor: cpus()[0].model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    load: loadavg()[0],
  };
}

/** Everything that the names ask for, one after the other. */
async function measure({ names, isQuick, directory, defer }) {
  const about = aboutMachine({ isQuick });
  const began = performance.now();
  const node = await findNodePackages(join(directory, "packages"));
  const peers = await roster({ directory, node, hearthVersion: about.version });
  const effort = isQuick ? QUICK : FULL;
  const entrants = peers.filter(({ missing }) => missing === undefined);
  const pm2 = peers.find(({ name }) => name === "pm2");
  const bench = { node, pm2, entrants, directory, effort, say, defer };
  const taken = [];
  const failures = [];
  for (const name of names) {
    const before = performance.now();
    try {
      taken.push(await MEASUREMENTS[name](bench));
    } catch (error) {
      // What breaks because everything is being ended is no news, and nothing may follow it.
      if (ending !== undefined) await new Promise(() => {});
      // A run takes many minutes: what went wrong with one measurement is told with the results of the others.
      failures.push({ name, reason: error.message.trim() });
    }
    say(`${name}: ${((performance.now() - before) / 1_000).toFixed(0)} s`);
  }
  const all = (kind) => taken.flatMap((part) => part[kind] ?? []);
  return {
    about: { ...about, seconds: (performance.now() - began) / 1_000 },
    entrants: peers.map(({ name, version, missing }) => ({ name, version, missing })),
    rows: all("rows"),
    comparisons: all("comparisons"),
    plots: all("plots"),
    failures,
  };
}

function printTables({ entrants, rows, comparisons, plots, failures }) {
  if (rows.length > 0) console.log(`${plainTable(rowLines(rows))}\n`);
  if (comparisons.length > 0) console.log(`${plainTable(comparisonLines(comparisons, entrants))}\n`);
  for (const plot of plots) console.log(`${plot.measure}\n${plainTable(plotLines(plot))}\n`);
  for (const { name, missing } of entrants) if (missing !== undefined) console.log(`${name} is missing: ${missing}`);
  for (const { name, reason } of failures) console.error(`${name} could not be measured: ${reason}`);
}

function writeDocs(results) {
  mkdirSync(PICTURES, { recursive: true });
  for (const [file, picture] of pictures(results.plots)) writeFileSync(join(PICTURES, file), picture);
  writeFileSync(FIGURES, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(PAGE, withMeasured(readFileSync(PAGE, "utf8"), measuredText(results, "benchmarks")));
  // As everything that is checked in.
  execFileSync(join(root, "node_modules/.bin/biome"), ["format", "--write", PAGE, FIGURES], { stdio: "ignore" });
}

const deferred = [];

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
  ["SIGHUP", 129],
]) {
  process.once(signal, () => cleanUp().finally(() => process.exit(code)));
}

process.once("unhandledRejection", (error) => {
  console.error(error);
  cleanUp().finally(() => process.exit(1));
});

async function measureHere({ names, quick }) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "hearth-bench-")));
  const defer = (end) => deferred.push(end);
  defer(() => rmSync(directory, { recursive: true, force: true }));
  defer(() => endMarked(directory));
  try {
    return await measure({ names, isQuick: quick, directory, defer });
  } finally {
    await cleanUp();
  }
}

const options = parseOptions();
const results =
  options.from === undefined ? await measureHere(options) : JSON.parse(readFileSync(options.from, "utf8"));
if (options.json !== undefined) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
}
if (options.docs) writeDocs(results);
printTables(results);
if (results.failures.length > 0) process.exitCode = 1;
