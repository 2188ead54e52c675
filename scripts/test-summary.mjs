// Reads vitest's JSON reports and closes a run with one line; fails when a test failed, was skipped, or none ran. A test whose
// title says "[needs X]" may be left out where there is no X, and is named.
// Usage: node scripts/test-summary.mjs REPORT VITEST_EXIT_CODE [REPORT VITEST_EXIT_CODE]...

import { readFileSync } from "node:fs";

/** The runs of vitest that the command line names. */
function runsOf([file, exitCode, ...others]) {
  return file === undefined ? [] : [{ file, exitCode }, ...runsOf(others)];
}

/** Every test with its file; a file that broke before its tests began counts as one that failed. */
function testsIn(report) {
  return report.testResults.flatMap(({ name, status, assertionResults }) => {
    if (assertionResults.length === 0) return [{ file: name, title: "(the file itself)", status }];
    return assertionResults.map((test) => ({ file: name, title: test.fullName, status: test.status }));
  });
}

function summarise(tests) {
  const passed = tests.filter(({ status }) => status === "passed");
  const failed = tests.filter(({ status }) => status === "failed");
  const skipped = tests.filter(({ status }) => status !== "passed" && status !== "failed");
  return { passed, failed, skipped };
}

/** What of the machine a test cannot do without, as its title says. */
function needOf({ title }) {
  return /\[needs ([^\]]+)\]/.exec(title)?.[1] ?? null;
}

/** What is wrong with the run besides failed tests, which vitest has already shown. */
function complaints({ passed, failed, skipped }, exitCode) {
  const found = skipped.filter((test) => needOf(test) === null).map(({ file, title }) => `skipped: ${file}: ${title}`);
  if (passed.length + failed.length === 0) found.push("no test ran");
  if (exitCode !== "0" && failed.length === 0) found.push(`vitest ended with code ${exitCode}, see the errors above`);
  return found;
}

let passed = 0;
let failed = 0;
for (const { file, exitCode } of runsOf(process.argv.slice(2))) {
  const summary = summarise(testsIn(JSON.parse(readFileSync(file, "utf8"))));
  const problems = complaints(summary, exitCode);
  for (const test of summary.skipped.filter((test) => needOf(test) !== null)) {
    console.error(`not run, for want of ${needOf(test)}: ${test.file}: ${test.title}`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0 || summary.failed.length > 0) process.exitCode = 1;
  passed += summary.passed.length;
  failed += summary.failed.length;
}
console.log(`tests: ${passed} passed, ${failed} failed`);
