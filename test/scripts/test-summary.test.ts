// The closing line of a test run tells the truth, and a run that proved nothing is no success.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = resolve(import.meta.dirname, "../../scripts/test-summary.mjs");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-summary-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Summarises a run of one file whose tests ended with the given states; without any, the file itself has `fileStatus`. */
function summarise(states: readonly string[], { vitestCode = 0, fileStatus = "passed" } = {}) {
  const report = join(directory, "report.json");
  const assertionResults = states.map((status, index) => ({ status, fullName: `promise ${index}` }));
  const testResults = [{ name: "a.test.ts", status: fileStatus, assertionResults }];
  writeFileSync(report, JSON.stringify({ testResults }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, report, String(vitestCode)], {
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

test("a run in which everything passed succeeds", () => {
  expect(summarise(["passed", "passed"])).toEqual({ code: 0, stdout: "tests: 2 passed, 0 failed\n", stderr: "" });
});

test("a failed test fails the run", () => {
  const { code, stdout } = summarise(["passed", "failed"], { vitestCode: 1 });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "tests: 1 passed, 1 failed\n" });
});

test.each(["pending", "skipped", "todo"])("a test that is %s fails the run and is named", (state) => {
  const { code, stderr } = summarise(["passed", state]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "skipped: a.test.ts: promise 1\n" });
});

test("a file that broke before its tests began counts as failed", () => {
  const { code, stdout } = summarise([], { vitestCode: 1, fileStatus: "failed" });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "tests: 0 passed, 1 failed\n" });
});

test("an error outside the tests fails the run", () => {
  const { code, stderr } = summarise(["passed"], { vitestCode: 1 });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("vitest ended with code 1") });
});

test("several runs are counted together, and one that failed fails all", () => {
  const report = (name: string, status: string) => {
    const assertionResults = [{ status, fullName: "promise" }];
    const testResults = [{ name: "a.test.ts", status, assertionResults }];
    writeFileSync(join(directory, name), JSON.stringify({ testResults }));
    return join(directory, name);
  };
  const runs = [
    report("good.json", "passed"),
    "0",
    report("bad.json", "failed"),
    "1",
    report("well.json", "passed"),
    "0",
  ];
  const { status, stdout } = spawnSync(process.execPath, [program, ...runs], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "tests: 2 passed, 1 failed\n" });
});
