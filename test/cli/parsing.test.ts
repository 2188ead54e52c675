import { describe, expect, it } from "vitest";
import { recognise } from "../../src/cli/command-words.js";
import { command as status } from "../../src/cli/commands/status.js";
import { COMMANDS, findCommand } from "../../src/cli/commands.js";
import { parseFull } from "../../src/cli/parse-full.js";
import { parseHot } from "../../src/cli/parse-hot.js";
import { hearth } from "./hearth.js";

async function parse(name: string, argv: readonly string[]) {
  const entry = findCommand(name);
  if (entry === undefined) throw new Error(`no command ${name}`);
  return parseFull((await entry.load()).command, argv);
}

function recognisedAs(...argv: string[]): string | undefined {
  const recognised = recognise(argv);
  return "called" in recognised ? `${recognised.called.entry.name}|${recognised.called.rest.join(" ")}` : undefined;
}

describe("the table of commands", () => {
  it.each(COMMANDS)("calls $name by the names of its definition", async ({ name, aliases, load }) => {
    const { command } = await load();
    expect({ name: command.name, aliases: command.aliases ?? [] }).toEqual({ name, aliases });
  });

  it.each(COMMANDS)("has help for $name in at most 80 columns", async ({ name }) => {
    const { code, stdout } = await hearth([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: hearth ${name}`);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("finding the command", () => {
  it("takes two words before one", () => {
    expect(recognisedAs("daemon", "start")).toBe("daemon start|");
    expect(recognisedAs("start", "daemon")).toBe("start|daemon");
    expect(recognisedAs("daemon", "serve")).toBe("daemon run|");
  });

  it("looks past global flags and their values", () => {
    expect(recognisedAs("--home", "status", "daemon", "--json", "stop")).toBe("daemon stop|--home status --json");
    expect(recognisedAs("--home=/x", "ls", "gateway")).toBe("status|--home=/x gateway");
  });

  it("takes nothing behind -- for a command", () => {
    expect(recognisedAs("--", "status")).toBeUndefined();
  });
});

describe("hot arguments", () => {
  it.each([
    [[]],
    [["gateway"]],
    [["--json", "gateway"]],
    [["--home", "/h", "--timeout=5s", "g/*"]],
    [["--home", "/a", "--home", "/b"]],
    [["--no-color"]],
    [["--socket", ""]],
    [["--", "gateway"]],
  ])("mean the same to Node's parser as to yargs: %j", (argv) => {
    const hot = parseHot(status, argv);
    expect(hot).not.toBeNull();
    expect(hot).toEqual(parseFull(status, argv));
  });

  it.each([[["--help"]], [["--version"]], [["--jsn"]], [["a", "b"]], [["--home"]], [["--json=false"]]])(
    "are left to yargs when they are unusual: %j",
    (argv) => expect(parseHot(status, argv)).toBeNull(),
  );
});

describe("arguments", () => {
  it("keep every word, also those that look like numbers", async () => {
    expect((await parse("stop", ["a", "1", "b"])).given.words).toEqual(["a", "1", "b"]);
  });

  it.each([
    ["handoff put", ["-"], ["-"]],
    ["handoff put", ["--", "-"], ["-"]],
    ["handoff put", [""], [""]],
    ["handoff put", ['"quoted"'], ['"quoted"']],
    ["rpc", ["-"], ["-"]],
    ["restart", ["a", "-", "b"], ["a", "-", "b"]],
    ["start", ["-"], ["-"]],
  ])("of %s are the words as they were given: %j", async (name, argv, words) => {
    expect((await parse(name, argv)).given.words).toEqual(words);
  });

  it("keep a program's own flags from being Hearth's", async () => {
    const { given, globals } = await parse("run", ["--name", "web", "--", "serve", "--json", "--", "-x"]);
    expect(given).toEqual({
      flags: { name: "web", "no-wait": false, watch: false },
      words: [],
      program: ["serve", "--json", "--", "-x"],
    });
    expect(globals.json).toBe(false);
  });

  it("may join a short flag and its value", async () => {
    expect((await parse("logs", ["-n5", "-f", "web"])).given).toMatchObject({
      flags: { lines: "5", follow: true },
      words: ["web"],
    });
  });
});

describe("wrong usage exits 2 and says what helps", () => {
  it.each([
    [["stauts"], "did you mean `hearth status`?"],
    [["daemon", "strat"], "did you mean `hearth daemon start`?"],
    [["daemon"], "hearth daemon restart"],
    [["start", "--rset"], "did you mean --reset?"],
    [["status", "--hme", "x"], "did you mean --home?"],
    [["status", "a", "b"], 'too many arguments: "b"'],
    [["handoff", "put", "a", "--", "b"], 'too many arguments: "b"'],
    [["handoff", "put", "--text", "text"], "handoff put has no flag --text"],
    [["stop", "-"], '"-" is not the name of an agent'],
    [["signal", "gateway"], "usage: hearth signal <agent> <signal>"],
    [["status", "--home"], "--home needs a value"],
    [["status", "--home", ""], "--home is empty"],
    [["status", "--timeout", "5"], "has no unit"],
    [["logs", "-n", "many"], '"many" is not a count of lines'],
    [["stop"], "hearth stop --all"],
    [["stop", "--all", "gateway"], "not both"],
    [["stop", "../x"], "is not the name of an agent"],
    [["run", "--", "sleep"], "the agent needs a name"],
    [["run", "--name", "x"], "which program?"],
    [["start", "--wait", "--no-wait"], "not both"],
    [["rpc", "agent.list", "{"], "the params are not JSON"],
    [["help", "nothing"], "there is no command"],
  ])("%j", async (argv, words) => {
    const { code, stdout, stderr } = await hearth(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  it("without any words shows the help on stderr", async () => {
    const { code, stdout, stderr } = await hearth([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("hearth daemon start");
  });

  it("with --json prints the failure as one value", async () => {
    const { code, stderr, json } = await hearth(["stauts", "--json"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
    expect(json()).toEqual({
      error: { code: null, kind: "usage", message: 'there is no command "stauts"', hint: expect.any(String) },
    });
  });

  it("refuses to follow with --json, which is one value", async () => {
    const { code, json } = await hearth(["logs", "-f", "--json"]);
    expect({ code, ...json() }).toMatchObject({
      code: 2,
      error: { hint: expect.stringContaining("leave out --json or -f") },
    });
  });
});

describe("the version", () => {
  it("is told", async () => {
    expect(await hearth(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});
