// A reload restarts an agent only for what a running process can't take on.

import { describe, expect, test } from "vitest";
import { diffConfigs } from "../../src/config/diff.js";
import { parseConfig } from "../../src/config/load.js";

function config(toml: string) {
  return parseConfig(toml, "/p/hearth.toml");
}

async function changeFrom(before: string, after: string) {
  const agent = (body: string) => config(`[agents.db]\ncommand = "db"\n[agents.a]\n${body}`);
  return diffConfigs(await agent(before), await agent(after));
}

describe("a running agent restarts when a change is of", () => {
  test.each([
    ["command", 'command = "b"'],
    ["cwd", 'command = "a"\ncwd = "b"'],
    ["env", 'command = "a"\nenv = { A = "1" }'],
    ["env_file", 'command = "a"\nenv_file = ".env"'],
    ["session", 'command = "a"\nsession = "tmux"'],
    ["umask", 'command = "a"\numask = "027"'],
    ["nice", 'command = "a"\nnice = 5'],
    ["stderr", 'command = "a"\nstderr = true'],
    ["a process's stdin", 'command = "a"\nheartbeat = { poke = "session" }'],
  ])("%s", async (_, after) => {
    expect((await changeFrom('command = "a"', after)).changed).toEqual([
      { spec: expect.objectContaining({ name: "a" }), mustRestart: true },
    ]);
  });
});

describe("a running agent runs on when a change is of", () => {
  test.each([
    ["autostart", "autostart = true"],
    ["restart", "restart = { max_attempts = 4 }"],
    ["stop", 'stop = { grace = "1s" }'],
    ["ready", "ready = { notify = true }"],
    ["depends_on", 'depends_on = ["db"]'],
    ["may_control", 'may_control = ["db"]'],
    ["a hook", 'on_exit = "tell"'],
    ["max_memory", 'max_memory = "1GB"'],
    ["cron", 'cron = "@daily"'],
    ["watch", "watch = true"],
    ["heartbeat.interval", 'heartbeat.interval = "1s"'],
    ["heartbeat.poke that leaves stdin alone", 'heartbeat.poke = "rpc"'],
    ["heartbeat.message", 'heartbeat.message = "Hello."'],
    ["heartbeat.when_missed", "heartbeat.when_missed = 3"],
    ["heartbeat.startup_grace", 'heartbeat.startup_grace = "1s"'],
  ])("%s", async (_, after) => {
    const { changed, unchanged } = await changeFrom('command = "a"', `command = "a"\n${after}`);
    expect(changed).toEqual([{ spec: expect.objectContaining({ name: "a" }), mustRestart: false }]);
    expect(unchanged).toEqual(["db"]);
  });
});

test("a process that loses its pokes by stdin restarts, a terminal that does runs on", async () => {
  const mustRestart = async (session: string) => {
    const agent = (poke: string) => `command = "a"\nsession = "${session}"\nheartbeat.poke = "${poke}"`;
    return (await changeFrom(agent("session"), agent("none"))).changed.map((change) => change.mustRestart);
  };
  expect(await mustRestart("process")).toEqual([true]);
  expect(await mustRestart("tmux")).toEqual([false]);
});

test("an agent that names no interval changes with the daemon's", async () => {
  const agents = (interval: string) => {
    const own = '[agents.b]\ncommand = "b"\nheartbeat.interval = "60s"';
    return config(`[daemon]\nheartbeat_interval = "${interval}"\n[agents.a]\ncommand = "a"\n${own}`);
  };
  const { changed, unchanged } = diffConfigs(await agents("60s"), await agents("5s"));
  expect(changed.map(({ spec, mustRestart }) => [spec.name, mustRestart])).toEqual([["a", false]]);
  expect(unchanged).toEqual(["b"]);
});

test("the same said in other words is no change", async () => {
  const before = 'command = "a b"\nenv = { A = "1", B = "2" }';
  const after =
    'command = ["a", "b"]\nenv = { B = "2", A = "1" }\nstop = { grace = "10000ms" }\nautostart = false\nsession = "process"\nheartbeat = { interval = "1m", poke = "none", startup_grace = "300s" }';
  expect(await changeFrom(before, after)).toEqual({ added: [], removed: [], changed: [], unchanged: ["db", "a"] });
});

test("agents come and go by name", async () => {
  const before = await config('[agents.a]\ncommand = "x"\n[agents.b]\ncommand = "x"');
  const after = await config('[agents.b]\ncommand = "x"\n[agents.c]\ncommand = "x"');
  const { added, removed, changed, unchanged } = diffConfigs(before, after);
  expect({ added: added.map(({ name }) => name), removed, changed, unchanged }).toEqual({
    added: ["c"],
    removed: ["a"],
    changed: [],
    unchanged: ["b"],
  });
});
