import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findProgram } from "../../src/sessions/command.js";
import { LaunchError } from "../../src/sessions/session.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-command-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function program(name: string, mode = 0o755): string {
  const file = join(directory, name);
  writeFileSync(file, "#!/bin/sh\n");
  chmodSync(file, mode);
  return file;
}

function failure(lookup: Parameters<typeof findProgram>[0]): LaunchError {
  try {
    findProgram(lookup);
  } catch (error) {
    if (error instanceof LaunchError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

it("searches PATH in order, skipping directories that lack the program", () => {
  const file = program("gatewayd");
  expect(findProgram({ program: "gatewayd", cwd: "/", path: `/nowhere:${directory}:/bin` })).toBe(file);
});

it("takes an empty part of PATH for the working directory", () => {
  const file = program("gatewayd");
  expect(findProgram({ program: "gatewayd", cwd: directory, path: "/nowhere:" })).toBe(file);
});

it("takes a name with a slash from the working directory, whatever PATH says", () => {
  const file = program("gatewayd");
  expect(findProgram({ program: "./gatewayd", cwd: directory, path: "/bin" })).toBe(file);
});

it("names the PATH it searched when the command is not found", () => {
  const { message } = failure({ program: "picoclaw", cwd: "/", path: "/a:/b" });
  expect(message).toBe("command not found: picoclaw (searched PATH /a:/b)");
});

it("names the default PATH when there is none", () => {
  expect(failure({ program: "picoclaw", cwd: "/", path: undefined }).message).toContain("/bin:/usr/bin");
});

it("tells a file that may not be executed from one that is missing", () => {
  const file = program("gatewayd", 0o644);
  const { message, hint } = failure({ program: "gatewayd", cwd: "/", path: directory });
  expect([message, hint]).toEqual([`command cannot be run: ${file} is not executable`, `run: chmod +x ${file}`]);
});

it("prefers a later program that runs to an earlier file that does not", () => {
  mkdirSync(join(directory, "early"));
  program("early/gatewayd", 0o644);
  const file = program("gatewayd");
  expect(findProgram({ program: "gatewayd", cwd: "/", path: `${directory}/early:${directory}` })).toBe(file);
});

it("never takes a directory for a program", () => {
  mkdirSync(join(directory, "gatewayd"));
  expect(failure({ program: "./gatewayd", cwd: directory, path: "" }).message).toContain("is a directory");
});

it("names a working directory that is missing", () => {
  const cwd = join(directory, "gone");
  expect(failure({ program: "sh", cwd, path: "/bin" }).message).toBe(`working directory does not exist: ${cwd}`);
});

it("names a working directory that is a file", () => {
  const cwd = program("file");
  expect(failure({ program: "sh", cwd, path: "/bin" }).message).toBe(`working directory is not a directory: ${cwd}`);
});
