// The promises of the help: it describes everything there is, its examples are right, and it fits the terminal.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import schema from "../../protocol/hearth.schema.json" with { type: "json" };
import type { Command } from "../../src/cli/command.js";
import { recognise } from "../../src/cli/command-words.js";
import { COMMANDS } from "../../src/cli/commands.js";
import { commandPage } from "../../src/cli/help/command-page.js";
import { type ConfigSchema, configTables } from "../../src/cli/help/config-tables.js";
import { TOPICS } from "../../src/cli/help/topics.js";
import { parseFull } from "../../src/cli/parse-full.js";
import { type Block, layOut, terms, text } from "../../src/cli/render/page.js";
import { newHome } from "../support/daemon.js";
import { hearth } from "./hearth.js";

interface Page {
  readonly name: string;
  readonly blocks: readonly Block[];
}

const commands = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).command));
const topics = await Promise.all(TOPICS.map(async ({ name, load }) => ({ name, blocks: (await load()).page() })));
const pages: readonly Page[] = [
  ...commands.map((command) => ({ name: command.name, blocks: commandPage(command) })),
  ...topics,
];

/** The command lines of a page that are there to be copied. */
function copied({ blocks }: Page): readonly string[] {
  const lines = blocks.flatMap((block) => (block.kind === "code" ? block.lines : []));
  return lines.filter((line) => /(?:^|[\s("])hearth /.test(line));
}

/** Arguments of every hearth in some lines of shell, as a real shell hands them over; what else is in a line does nothing. */
function callsIn(lines: readonly string[]): string[][] {
  const place = newHome();
  writeFileSync(join(place, "notes.md"), "");
  // Behind && and || there is more than one way.
  const runs = [0, 1].map((status) => `hearth() { printf '\\037%s' "$@" >&3; printf '\\036' >&3; return ${status}; }`);
  const script = ["exec 3>&1 >/dev/null 2>&1", "PATH=/nonexistent", "command_not_found_handle() { :; }"];
  for (const run of runs) script.push(run, ...lines);
  script.push("exit 0");
  const told = execFileSync("/bin/bash", ["-c", script.join("\n")], { cwd: place, encoding: "utf8" });
  return told
    .split("\x1e")
    .slice(0, -1)
    .map((call) => call.split("\x1f").slice(1));
}

/** The command that a command line calls, once it is sure that it takes these arguments. */
async function parsed(argv: readonly string[]): Promise<string> {
  const recognised = recognise(argv);
  if ("unknown" in recognised) throw new Error(`hearth ${argv.join(" ")}: no such command`);
  const { entry, rest } = recognised.called;
  if (!rest.includes("--help")) parseFull((await entry.load()).command, rest);
  return entry.name;
}

describe.each(commands.map((command) => ({ name: command.name, command })))(
  "the page of $name",
  ({ name, command }) => {
    it("describes every argument and every flag", () => {
      const { summary, positionals = [], flags = {} } = command;
      expect(summary).toMatch(/^[A-Z].+\.$/);
      for (const each of [...positionals, ...Object.values(flags)]) expect(each.summary).toMatch(/^\S.*[^.]$/);
    });

    it("has at least two examples, which the command takes as they are", async () => {
      const { examples = [] } = command;
      expect(examples.length).toBeGreaterThanOrEqual(2);
      for (const example of examples) {
        const called = await Promise.all(callsIn([example]).map(parsed));
        expect(called, example).toContain(name);
      }
    });

    it("leads only to what there is", async () => {
      const { seeAlso = [] } = command as Command;
      for (const words of seeAlso) {
        const { code } = words.startsWith("help ") ? await hearth(words.split(" ")) : await hearth(["help", words]);
        expect(code, words).toBe(0);
      }
    });
  },
);

describe.each(topics)("the topic $name", (page) => {
  it("has command lines that are right", async () => {
    for (const line of copied(page)) {
      const calls = callsIn([line]);
      expect(calls, line).not.toEqual([]);
      await Promise.all(calls.map(parsed));
    }
  });
});

describe("every page", () => {
  it.each(pages)("$name fits 80 columns", ({ blocks }) => {
    const lines = layOut(blocks, { columns: 80, isColourful: false });
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it("is as wide as the terminal where that is narrower, and at most 100 columns", async () => {
    const widest = async (columns: number) => {
      const { stdout } = await hearth(["help", "agents", "--no-color"], { columns });
      return Math.max(...stdout.split("\n").map((line) => line.length));
    };
    expect(await widest(40)).toBeLessThanOrEqual(40);
    expect(await widest(300)).toBeLessThanOrEqual(100);
    expect(await widest(300)).toBeGreaterThan(80);
  });

  it("breaks prose at its spaces and loses none of it, down to 20 columns", () => {
    const words = fc.array(fc.stringMatching(/^[a-z`,.]{1,14}$/), { minLength: 1, maxLength: 30 });
    const prose = words.map((all) => all.join(" "));
    const columns = fc.integer({ min: 20, max: 100 });
    fc.assert(
      fc.property(prose, prose, columns, (term, meaning, columns) => {
        const lines = layOut([text(meaning), terms([{ term, meaning }])], { columns, isColourful: false });
        expect(lines.filter((line) => line.length > columns)).toEqual([]);
        expect(lines.join(" ").split(/\s+/).filter(Boolean)).toEqual(`${meaning} ${term} ${meaning}`.split(" "));
      }),
    );
  });

  it.each([
    ["on a terminal", { columns: 80, env: { TERM: "xterm", NO_COLOR: "" } }, [], true],
    ["in a pipe", { env: { TERM: "xterm", NO_COLOR: "" } }, [], false],
    ["with NO_COLOR", { columns: 80, env: { TERM: "xterm", NO_COLOR: "1" } }, [], false],
    ["with --no-color", { columns: 80, env: { TERM: "xterm", NO_COLOR: "" } }, ["--no-color"], false],
    ["on a dumb terminal", { columns: 80, env: { TERM: "dumb", NO_COLOR: "" } }, [], false],
  ])("has colours only where they are wanted: %s", async (_where, options, flags, isColourful) => {
    const { stdout } = await hearth(["help", "poke", ...flags], options);
    expect(stdout.includes("\x1b[1m")).toBe(isColourful);
  });
});

describe("hearth --help", () => {
  it("lists every command and topic on one screen", async () => {
    const { stdout } = await hearth(["--help"]);
    expect((await hearth(["help"])).stdout).toBe(stdout);
    expect(stdout.split("\n").length).toBeLessThanOrEqual(45);
    for (const { name } of [...COMMANDS, ...TOPICS]) {
      const [first = "", second = ""] = name.split(" ");
      expect(stdout).toMatch(new RegExp(`\\b${first}\\b`));
      expect(stdout).toMatch(new RegExp(`\\b${second}\\b`));
    }
  });
});

describe("hearth help", () => {
  it("explains a family of commands, and so does --help", async () => {
    const { stdout } = await hearth(["help", "daemon"]);
    expect(stdout).toMatch(/^ +daemon reload +Reads/m);
    expect((await hearth(["daemon", "--help"])).stdout).toBe(stdout);
  });

  it("explains what is a command and a topic as both, and --help only the command", async () => {
    const { stdout } = await hearth(["help", "poke"]);
    expect(stdout).toContain("Usage: hearth poke <agent> [message] [options]");
    expect(stdout).toContain("Pokes and beats");
    expect((await hearth(["poke", "--help"])).stdout).not.toContain("Pokes and beats");
  });

  it("tells type, default and meaning of every key of hearth.toml", async () => {
    const { stdout } = await hearth(["help", "config"]);
    for (const { name, keys } of configTables(schema as unknown as ConfigSchema)) {
      expect(stdout).toContain(`[${name}]`);
      for (const { key } of keys) expect(stdout).toMatch(new RegExp(`^ +${key} +\\S`, "m"));
    }
    expect(stdout.replaceAll(/\s+/g, " ")).toContain('to SIGKILL for what is left. (duration; default: "10s")');
  });

  it.each([
    [["help", "confg"], "did you mean `hearth help config`?"],
    [["help", "statsu"], "did you mean `hearth help status`?"],
    [["help", "daemon", "strat"], "did you mean `hearth help daemon start`?"],
    [["help", "qqqqqq"], "run `hearth help`"],
    [["stauts", "--help"], "did you mean `hearth status`?"],
  ])("says what may have been meant: %j", async (argv, words) => {
    const { code, stdout, stderr } = await hearth(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });
});
