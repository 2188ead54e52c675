// `hearth config check` finds what would keep an agent from starting, at its place in the file.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConfigProblem } from "../../protocol/config-problem.js";
import { checkAgents } from "../../src/config/check.js";
import { parseConfig } from "../../src/config/load.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-check-"));
  mkdirSync(join(directory, "bin"));
  writeProgram("bin/tool");
});
afterEach(() => rmSync(directory, { recursive: true }));

function writeProgram(name: string): void {
  writeFileSync(join(directory, name), "#!/bin/sh\n");
  chmodSync(join(directory, name), 0o755);
}

/** Checks a hearth.toml whose agents inherit a PATH that holds only `tool`. */
async function check(toml: string): Promise<ConfigProblem[]> {
  const file = join(directory, "hearth.toml");
  writeFileSync(file, toml);
  return checkAgents(await parseConfig(toml, file), { env: { PATH: join(directory, "bin") } });
}

test("nothing is wrong with what is there", async () => {
  writeFileSync(join(directory, ".env"), "A=1\n");
  writeProgram("run.sh");
  const agents = ['command = "tool"\nenv_file = ".env"', 'command = "./run.sh"', 'command = "./tool"\ncwd = "bin"'];
  expect(await check(agents.map((body, index) => `[agents.a${index}]\n${body}\n`).join(""))).toEqual([]);
});

test("a program that is nowhere is told with the PATH that was searched", async () => {
  expect(await check('[agents."x/y/"]\ncommand = "toool"')).toEqual([
    {
      file: join(directory, "hearth.toml"),
      line: 2,
      column: 1,
      key: 'agents."x/y".command',
      message: `the program "toool" is not found; PATH is ${join(directory, "bin")}`,
      hint: expect.stringContaining("PATH"),
    },
  ]);
});

test("the agent's own PATH is searched, from env before env_file before the daemon's", async () => {
  mkdirSync(join(directory, "own"));
  writeProgram("own/mine");
  writeFileSync(join(directory, ".env"), `PATH=${join(directory, "own")}\n`);
  expect(await check('[agents.a]\ncommand = "mine"\nenv_file = ".env"')).toEqual([]);
  expect(await check('[agents.a]\ncommand = "mine"\nenv = { PATH = "own" }')).toEqual([]);
  expect(await check('[agents.a]\ncommand = "mine"\nenv_file = ".env"\nenv = { PATH = "/none" }')).toEqual([
    expect.objectContaining({ line: 2, message: 'the program "mine" is not found; PATH is /none' }),
  ]);
});

describe("the program of a poke", () => {
  const poking = (poke: string) => `[agents.a]\ncommand = "tool"\nheartbeat = { poke = "${poke}" }`;

  test("is looked for in the agent's directory and PATH", async () => {
    writeProgram("poke.sh");
    expect(await check(poking("command:./poke.sh now"))).toEqual([]);
    expect(await check(poking("command:tool"))).toEqual([]);
  });

  test("is told with its place when it is nowhere", async () => {
    expect(await check(poking("command:poker 'a b'"))).toEqual([
      expect.objectContaining({
        line: 3,
        column: 15,
        key: "agents.a.heartbeat.poke",
        message: `the program "poker" is not found; PATH is ${join(directory, "bin")}`,
      }),
    ]);
  });

  test.each(["session", "rpc", "signal:SIGUSR1", "none"])("is not asked for by %s", async (poke) => {
    expect(await check(poking(poke))).toEqual([]);
  });
});

test("the program of a hook is looked for like that of a poke", async () => {
  expect(await check('[agents.a]\ncommand = "tool"\non_ready = "tool now"\non_failed = ["mailer", "-s"]')).toEqual([
    expect.objectContaining({
      line: 4,
      key: "agents.a.on_failed",
      message: `the program "mailer" is not found; PATH is ${join(directory, "bin")}`,
    }),
  ]);
});

test("the directory of a stderr file has to be there", async () => {
  expect(await check('[agents.a]\ncommand = "tool"\nstderr = "bin/a.err"')).toEqual([]);
  expect(await check('[agents.a]\ncommand = "tool"\nstderr = "none/a.err"')).toEqual([
    expect.objectContaining({
      line: 3,
      key: "agents.a.stderr",
      message: `the directory ${join(directory, "none")} does not exist`,
    }),
  ]);
});

test.each([
  ["a file that may not be run", "./hearth.toml"],
  ["a directory", "./bin"],
  ["nothing at all", "./none"],
])("a path to %s is no program", async (_, path) => {
  expect(await check(`[agents.a]\ncommand = "${path}"`)).toEqual([
    expect.objectContaining({
      line: 2,
      column: 1,
      key: "agents.a.command",
      message: expect.stringContaining(join(directory, path)),
    }),
  ]);
});

test("a file in the place of a directory is told as what it is", async () => {
  const tool = join(directory, "bin/tool");
  expect(await check('[agents.a]\ncommand = "tool"\ncwd = "bin/tool"\nstderr = "bin/tool/a.err"')).toEqual([
    expect.objectContaining({ line: 3, key: "agents.a.cwd", message: `${tool} is not a directory` }),
    expect.objectContaining({ line: 4, key: "agents.a.stderr", message: `${tool} is not a directory` }),
  ]);
});

test("a missing cwd and a wrong env file are both told", async () => {
  writeFileSync(join(directory, ".env"), "A=1\nnonsense\n");
  expect(await check('[agents.a]\ncommand = "tool"\ncwd = "none"\nenv_file = ".env"')).toEqual([
    expect.objectContaining({
      line: 3,
      key: "agents.a.cwd",
      message: `the directory ${join(directory, "none")} does not exist`,
    }),
    expect.objectContaining({ line: 4, key: "agents.a.env_file", message: expect.stringContaining(".env:2: ") }),
  ]);
});

test("an env file that is a pipe is told, not waited for", async () => {
  execFileSync("mkfifo", [join(directory, ".env")]);
  expect(await check('[agents.a]\ncommand = "tool"\nenv_file = ".env"')).toEqual([
    expect.objectContaining({
      line: 3,
      key: "agents.a.env_file",
      message: `${join(directory, ".env")}: the env file cannot be read: it is not a regular file`,
    }),
  ]);
});

test("without a file there is nothing to check", async () => {
  const config = await parseConfig("", join(directory, "hearth.toml"));
  expect(await checkAgents({ ...config, file: null }, { env: {} })).toEqual([]);
});
