import { describe, expect, it } from "vitest";
import { command as beat } from "../../src/cli/commands/beat.js";
import { command as cycle } from "../../src/cli/commands/cycle.js";
import { command as poke } from "../../src/cli/commands/poke.js";
import { command as ready } from "../../src/cli/commands/ready.js";
import { parseFull } from "../../src/cli/parse-full.js";
import { parseHot } from "../../src/cli/parse-hot.js";
import { attachCommand } from "../../src/cli/tmux.js";
import { hearth } from "./hearth.js";

describe("hot arguments", () => {
  it.each([
    [beat, []],
    [beat, ["--status", "reviewing", "--note=12 of 40", "--json"]],
    [ready, ["--timeout", "5s"]],
    [poke, ["mayor"]],
    [poke, ["clerk", "Check your mail.", "--json"]],
    [poke, ["clerk", "--", "- item"]],
    [poke, ["clerk", "-"]],
    [poke, ["clerk", ""]],
    [cycle, ["-"]],
    [cycle, ["--self", "--handoff", "-", "--reason", "context is full"]],
    [cycle, ["mayor", "--wait", "--handoff=- item", "--key", "k"]],
    [cycle, ["--handoff-file", "notes.md", "--self"]],
  ])("mean the same to Node's parser as to yargs: %#", (command, argv) => {
    const hot = parseHot(command, argv);
    expect(hot).not.toBeNull();
    expect(hot).toEqual(parseFull(command, argv));
  });
});

describe("wrong usage exits 2 and says what helps", () => {
  it.each([
    [["cycle"], "say --self inside a session"],
    [["cycle", "--self"], "HEARTH_TOKEN is not set"],
    [["shutdown", "--self"], "HEARTH_TOKEN is not set"],
    [["restart", "--self"], "HEARTH_TOKEN is not set"],
    [["beat"], "HEARTH_TOKEN is not set"],
    [["ready"], "HEARTH_TOKEN is not set"],
    [["handoff", "put", "x"], "HEARTH_TOKEN is not set"],
    [["handoff", "get"], "hearth handoff get AGENT"],
    [["handoff"], "hearth handoff put"],
    [["cycle", "mayor", "--self"], "not both"],
    [["cycle", "gastown/*"], "is not the name of an agent"],
    [["cycle", "mayor", "--handoff", "a", "--handoff-file", "b"], "not both"],
    [["cycle", "mayor", "--handoff", "- item"], "write it like --handoff=VALUE"],
    [["cycle", "mayor", "--handof", "x"], "did you mean --handoff?"],
    [["restart", "a", "b", "--reason", "x"], "about one agent"],
    [["restart", "--all", "--key", "x"], "about one agent"],
    [["restart", "a", "--key", "x", "--update-env"], "carries no environment"],
    [["restart", "a", "--reset-env", "--update-env"], "not both"],
    [["requests", "-n", "many"], '"many" is not a count of requests'],
    [["events", "--since", "yesterday"], "is not the number of an event"],
    [["events", "--agent", "../x"], "is not the name of an agent"],
    [["capture", "clerk", "-n", "all"], '"all" is not a count of lines'],
    [["attach", "clerk", "--json"], '"kind":"usage"'],
    [["poke"], "usage: hearth poke <agent> [message]"],
  ])("%j", async (argv, words) => {
    const { code, stdout, stderr } = await hearth(argv);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(words);
  });
});

describe("attaching", () => {
  it("means exactly this agent, on the tmux server beside the daemon's socket", () => {
    expect(attachCommand({ socketPath: "/run/h/daemon.sock", agent: "gastown/may" })).toEqual([
      ...["-S", "/run/h/tmux.sock", "attach-session", "-t", "=gastown/may:"],
    ]);
  });
});
