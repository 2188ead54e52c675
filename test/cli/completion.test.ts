// What a shell is told to offer, decided without a shell: from a command line as it was typed and the agents there are.
import { resolve } from "node:path";
import { build } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../protocol/methods.js";
import { complete, type Place } from "../../src/cli/completion/complete.js";
import { readShellLine } from "../../src/cli/completion/shell-line.js";
import { newHome, startDaemon } from "../support/daemon.js";
import { hearth } from "./hearth.js";

const ENV = { HOME: "/home/ada", TOWN: "/srv/town" };

function read(text: string, dialect: "posix" | "fish" = "posix") {
  return readShellLine(text, { dialect, env: ENV });
}

function agent(name: string, rest: Partial<AgentStatus> = {}): AgentStatus {
  return { agent: name, state: "running", session: "process", pid: 1, ...rest } as AgentStatus;
}

const AGENTS = [
  agent("gateway"),
  agent("town/mayor", { session: "tmux" }),
  agent("town/clerk", { session: "tmux", state: "stopped", pid: null }),
  agent("broken", { state: "failed", pid: null }),
  agent("shaky", { state: "backoff", pid: null }),
];

/** What is offered behind a line, and which daemon was asked. */
async function offered(text: string) {
  const asked: Place[] = [];
  const { candidates, leave } = await complete(read(text), async (place) => {
    asked.push(place);
    return AGENTS;
  });
  return { values: candidates.map(({ value }) => value), leave, asked, candidates };
}

async function valuesFor(text: string): Promise<readonly string[]> {
  return (await offered(text)).values;
}

describe("a command line as it is typed", () => {
  it.each([
    ["hearth ", [], ""],
    ["hearth  status   to", ["status"], "to"],
    [`hearth --home "/my home" st`, ["--home", "/my home"], "st"],
    ["hearth --home ~/town status ", ["--home", "/home/ada/town", "status"], ""],
    [`hearth --home $TOWN/x --socket $${"{TOWN}"}x `, ["--home", "/srv/town/x", "--socket", "/srv/townx"], ""],
    [String.raw`hearth poke a\ b "say \"hi\" for \$5" 'it'\''s' `, ["poke", "a b", 'say "hi" for $5', "it's"], ""],
    ["hearth status 'town/ma", ["status"], "town/ma"],
    ['hearth status "town/ma', ["status"], "town/ma"],
    ["hearth status $(whoami)", ["status"], "$(whoami)"],
    ["hearth status town\\", ["status"], "town"],
  ])("%s", (text, words, current) => {
    expect(read(text)).toEqual({ assignments: {}, words, current });
  });

  it("knows fish's own escapes and variables", () => {
    expect(read(String.raw`hearth poke 'it\'s' {$TOWN}/x `, "fish").words).toEqual(["poke", "it's", "/srv/town/x"]);
  });

  it("tells what is set in front of the command", () => {
    expect(read("HEARTH_HOME=~/town A='b c' hearth status ").assignments).toEqual({
      HEARTH_HOME: "/home/ada/town",
      A: "b c",
    });
  });

  it("gives back every word that was quoted, whatever is in it", () => {
    const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (words) => {
        expect(read(["hearth", ...words.map(quote), ""].join(" ")).words).toEqual(words);
      }),
    );
  });

  it("comes to an end and stays in one piece, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."a '\"\\$", ..."{}=~#\n") }), fc.boolean(), (text, isFish) => {
        expect(() => read(text, isFish ? "fish" : "posix")).not.toThrow();
      }),
    );
  });
});

describe("what is offered", () => {
  it("are the first words of commands, and then the second ones", async () => {
    const first = await valuesFor("hearth ");
    expect(first).toEqual(expect.arrayContaining(["status", "daemon", "handoff", "completion"]));
    expect(new Set(first).size).toBe(first.length);
    expect(await valuesFor("hearth --home /x daemon ")).toEqual(expect.arrayContaining(["start", "logs"]));
    expect(await valuesFor("hearth daemon start ")).toContain("--home");
    expect(await valuesFor("hearth nonsense ")).toEqual([]);
  });

  it("are a command's flags and those of every command, each once", async () => {
    const flags = await valuesFor("hearth daemon stop --json -");
    expect(flags).toEqual(expect.arrayContaining(["--keep-agents", "--timeout"]));
    expect(flags).not.toContain("--json");
  });

  it.each([
    ["hearth status ", ["broken", "gateway", "shaky", "town/*", "town/clerk", "town/mayor"]],
    ["hearth start ", ["broken", "town/clerk"]],
    ["hearth stop ", ["gateway", "shaky", "town/mayor"]],
    ["hearth stop gateway ", ["shaky", "town/mayor"]],
    ["hearth reset ", ["broken", "shaky"]],
    ["hearth attach ", ["town/mayor"]],
    [
      "hearth events --agent gateway,",
      ["broken", "shaky", "town/*", "town/clerk", "town/mayor"].map((a) => `gateway,${a}`),
    ],
    ["hearth requests -n 5 ", ["broken", "gateway", "shaky", "town/*", "town/clerk", "town/mayor"]],
  ])("are agents that make sense: %s", async (text, values) => {
    expect([...(await valuesFor(text))].sort()).toEqual(values);
  });

  it("are agents of the daemon that the command line names", async () => {
    const { asked } = await offered('hearth --home "/a b" status --socket=/s --descriptor /d ');
    expect(asked).toEqual([{ home: "/a b", socket: "/s", descriptor: "/d" }]);
    expect((await offered("hearth events --type ")).asked).toEqual([]);
  });

  it.each([
    ["hearth signal gateway ", "SIGUSR1"],
    ["hearth events --type=beat,", "--type=beat,lifecycle.*"],
    ["hearth requests --state ", "superseded"],
    ["hearth rpc ", "agent.list"],
    ["hearth help ", "exit-codes"],
    ["hearth help daemon ", "restart"],
    ["hearth completion ", "fish"],
  ])("are values that are known without a daemon: %s", async (text, value) => {
    expect(await valuesFor(text)).toContain(value);
  });

  it.each([
    ["hearth --home ", "directories"],
    ["hearth cycle mayor --handoff-file=", "files"],
    ["hearth run --name x -- ", "commands"],
    ["hearth run --name x -- make ", "files"],
  ])("is left to the shell: %s", async (text, leave) => {
    expect(await offered(text)).toMatchObject({ values: [], leave });
  });

  it.each([["hearth --timeout "], ["hearth poke mayor "], ["hearth run --name "], ["hearth status -- --"]])(
    "is nothing that a person has to make up: %s",
    async (text) => expect(await offered(text)).toMatchObject({ leave: null }),
  );

  it("has a few words beside each command and agent", async () => {
    const commands = (await offered("hearth ")).candidates;
    expect(commands.filter(({ about }) => about === "")).toEqual([]);
    expect((await offered("hearth status g")).candidates[0]).toEqual({ value: "gateway", about: "running" });
  });
});

describe("the answer to a shell", () => {
  it("is what was begun for bash, and everything for shells that choose in their own way", async () => {
    expect((await hearth(["__complete", "bash", "hearth stat"])).stdout).toBe("status\n");
    expect((await hearth(["__complete", "fish", "hearth stat"])).stdout).toMatch(/^status\t.+$/m);
  });

  it.each([
    ["no daemon", async (home: string) => home],
    ["a home that is none", async () => "/dev/null"],
    ["a daemon that is halted", haltedDaemon],
  ])("is empty, silent and soon there with %s", async (_what, place) => {
    const home = await place(newHome());
    const answer = await hearth(["__complete", "zsh", `hearth --home ${home} status g`]);
    expect(answer).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("takes no yargs", async () => {
    const entryPoints = [resolve(import.meta.dirname, "../../src/cli/completion/answer.ts")];
    const options = { bundle: true, splitting: true, format: "esm", platform: "node", write: false } as const;
    const { metafile } = await build({ entryPoints, ...options, outdir: "out", metafile: true });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain("src/cli/commands/status.ts");
    expect(inputs.filter((input) => /yargs|valibot/.test(input))).toEqual([]);
  });
});

/** One that takes connections and answers nothing; the fixture lets it go on after the test. */
async function haltedDaemon(home: string): Promise<string> {
  (await startDaemon({ home })).signal("SIGSTOP");
  return home;
}

describe("hearth completion", () => {
  it.each([
    [["bash"], {}, "complete -F _hearth hearth"],
    [["zsh"], {}, "#compdef hearth"],
    [[], { SHELL: "/usr/bin/fish" }, "complete -c hearth"],
  ])("prints the script, with how to install it: %j %j", async (words, env, part) => {
    const { code, stdout } = await hearth(["completion", ...words], { env });
    expect(code).toBe(0);
    expect(stdout).toContain(part);
    expect(stdout).toMatch(/^#.*\n(?:#.*\n)*# {3}.*hearth completion/);
  });

  it.each([
    [[], ""],
    [[], "/bin/ksh"],
    [["ksh"], "/bin/bash"],
  ])("says which to choose where it has none: %j with SHELL=%s", async (words, SHELL) => {
    const { code, stdout, stderr } = await hearth(["completion", ...words], { env: { SHELL } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("bash, zsh, fish");
  });
});
