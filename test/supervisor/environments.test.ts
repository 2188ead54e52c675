// An agent starts from the daemon's environment, or from the one its operator gave it, whichever daemon leads by then.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Environments } from "../../src/supervisor/environments.js";
import { scratchTest as test } from "../storage/scratch.js";

const OWN = { PATH: "/daemon" };

function open(directory: string) {
  const reports: string[] = [];
  const report = (what: string): void => void reports.push(what);
  return { environments: new Environments({ directory, own: OWN, report }), reports };
}

test("without another it is the daemon's", ({ directory }) => {
  expect(open(directory).environments.of("a")).toEqual(OWN);
});

test("one that was given takes its place whole, for this agent and for later daemons, and nobody else can read it", async ({
  directory,
}) => {
  const { environments } = open(directory);
  await environments.give("team/a", { KEY: "secret\n", EMPTY: "" });
  for (const each of [environments, open(directory).environments]) {
    expect(each.of("team/a")).toEqual({ KEY: "secret\n", EMPTY: "" });
    expect(each.of("a")).toEqual(OWN);
  }
  expect(statSync(join(directory, "team%2Fa.json")).mode & 0o777).toBe(0o600);
});

test("what speaks to the daemon alone, or of a shell and its terminal, is not taken", async ({ directory }) => {
  const { environments } = open(directory);
  const notTaken = {
    ...{ HEARTH_TOKEN: "x", HEARTH_HOME: "x", HEARTHD_NOFILE: "1", LISTEN_FDS: "1", NOTIFY_SOCKET: "x" },
    ...{ TMUX: "x", TMUX_PANE: "%1", STY: "x", PWD: "/", OLDPWD: "/", SHLVL: "2", _: "/bin/hearth" },
  };
  await environments.give("a", { ...notTaken, PATH: "/own", TMUX_TMPDIR: "/t" });
  expect(environments.of("a")).toEqual({ PATH: "/own", TMUX_TMPDIR: "/t" });
});

test("the latest that was given holds, in memory as on disk", async ({ directory }) => {
  const { environments } = open(directory);
  const given = Array.from({ length: 20 }, (_, index) => environments.give("a", { N: String(index) }));
  await Promise.all(given);
  expect([environments.of("a"), open(directory).environments.of("a")]).toEqual([{ N: "19" }, { N: "19" }]);
});

test("the daemon's comes back when it is asked for, and when the agent is no longer defined", async ({ directory }) => {
  const { environments, reports } = open(directory);
  for (const agent of ["a", "b", "c", "d"]) await environments.give(agent, { N: agent });
  await environments.give("a", null);
  environments.forget("b");
  environments.retain(["d", "e"]);
  // What is given after them comes after them.
  await environments.give("d", { N: "again" });
  expect(readdirSync(directory)).toEqual(["d.json"]);
  expect(["a", "b", "c", "d"].map((agent) => environments.of(agent))).toEqual([OWN, OWN, OWN, { N: "again" }]);
  expect(reports).toEqual([]);
});

test("a disk that refuses changes nothing, and is told", async ({ directory }) => {
  const { environments } = open(directory);
  await environments.give("a", { N: "1" });
  // What stands in the file's place can't be replaced by one.
  mkdirSync(join(directory, "b.json", "full"), { recursive: true });
  await expect(environments.give("b", { N: "1" })).rejects.toMatchObject({ kind: "storage-unavailable" });
  expect(environments.of("b")).toEqual(OWN);
  await environments.give("a", { N: "2" });
  expect(environments.of("a")).toEqual({ N: "2" });
});

test("a file that is damaged is left out and told; what a death left half written goes", ({ directory }) => {
  for (const [name, content] of [
    ["torn.json", '{"PATH":'],
    ["numbers.json", '{"PORT":80}'],
    ["list.json", "[]"],
    ["good.json", '{"N":"1"}'],
    ["good.json.1-1.tmp", '{"N"'],
  ] as const)
    writeFileSync(join(directory, name), content);
  const { environments, reports } = open(directory);
  expect(environments.of("good")).toEqual({ N: "1" });
  expect(["torn", "numbers", "list"].map((agent) => environments.of(agent))).toEqual([OWN, OWN, OWN]);
  expect(reports).toHaveLength(3);
  expect(readFileSync(join(directory, "torn.json"), "utf8")).toBe('{"PATH":');
  expect(readdirSync(directory)).not.toContain("good.json.1-1.tmp");
});
