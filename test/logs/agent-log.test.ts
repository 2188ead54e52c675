// What an agent's log promises at the start of a session: one file for each agent, rotated when it is over its limit.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { AgentLogs, agentLogPath } from "../../src/logs/agent-logs.js";
import type { LogLimits } from "../../src/logs/rotation.js";
import { scratchTest as test } from "../storage/scratch.js";

const open = (directory: string, agent: string, limits: LogLimits) =>
  new AgentLogs({ directory, now: Date.now, limits: () => limits }).of(agent).open();

const contents = (directory: string) =>
  Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]));

test("agents whose names differ have logs that differ, all in one directory", () => {
  const names = ["mayor", "gastown/witness", "gastown%2Fwitness", "..", "a.b"];
  const paths = names.map((name) => agentLogPath("/logs", name));
  expect(paths[1]).toBe(join("/logs", "gastown%2Fwitness.log"));
  expect(new Set(paths).size).toBe(names.length);
  for (const path of paths) expect(join(path, "..")).toBe("/logs");
});

test("the first session finds an empty file of its owner's, directory and all", async ({ directory }) => {
  const logs = join(directory, "logs", "agents");
  const log = await open(logs, "mayor", { maxBytes: 10, maxFiles: 3 });
  expect(log).toEqual({ path: join(logs, "mayor.log"), fromByte: 0, rotated: null });
  expect(statSync(log.path).mode & 0o777).toBe(0o600);
  expect(statSync(logs).mode & 0o777).toBe(0o700);
});

test("a log at its limit goes on, and its size is where the session begins", async ({ directory }) => {
  writeFileSync(join(directory, "mayor.log"), "0123456789");
  const log = await open(directory, "mayor", { maxBytes: 10, maxFiles: 3 });
  expect(log).toMatchObject({ fromByte: 10, rotated: null });
  expect(contents(directory)).toEqual({ "mayor.log": "0123456789" });
});

test("a log over its limit becomes backup 1, and no more backups stay than wanted", async ({ directory }) => {
  for (const session of ["first", "second", "third", "fourth", "fifth"]) {
    const log = await open(directory, "gastown/witness", { maxBytes: 3, maxFiles: 3 });
    expect(log.fromByte).toBe(0);
    expect(log.rotated).toEqual(session === "first" ? null : { file: log.path, backup: `${log.path}.1` });
    appendFileSync(log.path, session);
  }
  expect(contents(directory)).toEqual({
    "gastown%2Fwitness.log": "fifth",
    "gastown%2Fwitness.log.1": "fourth",
    "gastown%2Fwitness.log.2": "third",
    "gastown%2Fwitness.log.3": "second",
  });
});

test("fewer backups wanted than there are: the surplus goes, other agents' files stay", async ({ directory }) => {
  const files = ["a.log", "a.log.1", "a.log.2", "a.log.7", "a.log.old", "a.log.1.log", "ba.log.9"];
  for (const name of files) writeFileSync(join(directory, name), name);
  await open(directory, "a", { maxBytes: 1, maxFiles: 2 });
  expect(contents(directory)).toEqual({
    "a.log": "",
    "a.log.1": "a.log",
    "a.log.2": "a.log.1",
    "a.log.old": "a.log.old",
    "a.log.1.log": "a.log.1.log",
    "ba.log.9": "ba.log.9",
  });
});

test("backups move up to the first free number, and no further", async ({ directory }) => {
  for (const name of ["a.log", "a.log.1", "a.log.3"]) writeFileSync(join(directory, name), name);
  await open(directory, "a", { maxBytes: 1, maxFiles: 5 });
  expect(contents(directory)).toEqual({ "a.log": "", "a.log.1": "a.log", "a.log.2": "a.log.1", "a.log.3": "a.log.3" });
});

test("with no backups wanted an old log is let go", async ({ directory }) => {
  writeFileSync(join(directory, "a.log"), "old output");
  await open(directory, "a", { maxBytes: 1, maxFiles: 0 });
  expect(contents(directory)).toEqual({ "a.log": "" });
});

test("what stands in the log's place and is no file is an error", async ({ directory }) => {
  mkdirSync(join(directory, "a.log"));
  await expect(open(directory, "a", { maxBytes: 1e9, maxFiles: 3 })).rejects.toThrow("EISDIR");
});
