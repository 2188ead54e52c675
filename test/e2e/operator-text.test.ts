// What people read of any command: nothing in it controls their terminal, and tables fit into 20 columns.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { HearthToml } from "../../protocol/definition.js";
import { COMMANDS } from "../../src/cli/commands.js";
import { widthOf } from "../../src/cli/render/width.js";
import { hearth } from "../cli/hearth.js";
import { newHome, startDaemon } from "../support/daemon.js";

/** Sets a title, clears the screen and writes backwards, around letters of several scripts. */
const HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202eпривет 你好 👩‍🚀\x9b2J\r";

/** What is left of it. */
const LETTERS = "привет 你好 👩‍🚀";

/** Says something hostile on both its streams, then goes on as it is told. */
const loud = (then: string) => ["/bin/sh", "-c", `printf '%s\\n' "$0"; printf '%s\\n' "$0" >&2; ${then}`, HOSTILE];

// biome-ignore lint/suspicious/noControlCharactersInRegex: what controls a terminal, colours aside, is what is looked for
const CONTROLS = /\x1b(?!\[[0-9;:]*m)|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: with these `start` writes over its own lines
const OVERWRITING = /\x1b\[(?:\d+F|[JK])/g;

/** Command lines in their order, with what is hostile in every place that takes a text. */
const LINES: readonly (readonly string[])[] = [
  ["start", "loud", "screen"],
  ["start", "crash"],
  ["start", "broken"],
  ["cycle", "loud", "--reason", HOSTILE, "--handoff", HOSTILE, "--wait"],
  ["cycle", "loud", "--key", HOSTILE],
  ["cycle", "loud", "--handoff-file", HOSTILE],
  ["shutdown", "loud", "--reason", HOSTILE, "--json"],
  ["requests"],
  ["requests", "loud", "--json"],
  ["handoff", "get", "loud"],
  ["handoff", "put", HOSTILE],
  ["poke", "screen", HOSTILE],
  ["poke", HOSTILE],
  ["reset", "crash"],
  ["restart", HOSTILE],
  ["status"],
  ["status", "loud"],
  ["status", "crash"],
  ["status", "broken"],
  ["status", "--json"],
  ["status", "--timeout", HOSTILE],
  ["status", "--home", HOSTILE],
  ["status", "--socket", HOSTILE],
  ["status", "--descriptor", HOSTILE, "--json"],
  ["status", `--${HOSTILE}`],
  ["logs"],
  ["logs", "loud"],
  ["logs", "loud", "--json"],
  ["logs", "loud", "--grep", `(${HOSTILE}`],
  ["logs", "loud", "--since", HOSTILE],
  ["events"],
  ["events", "--agent", HOSTILE],
  ["events", "--type", HOSTILE],
  ["capture", "screen"],
  ["attach", "loud"],
  ["signal", "loud", HOSTILE],
  ["run", "--name", HOSTILE, "--", "true"],
  ["run", "--name", "odd", "--", HOSTILE],
  ["run", "--name", "odd", "--cron", HOSTILE, "--", "true"],
  ["remove", "loud"],
  ["ready", HOSTILE],
  ["beat", "--status", HOSTILE],
  ["rpc", HOSTILE],
  ["rpc", "agent.get", HOSTILE],
  ["rpc", "agent.get", '{"agent": "loud"}'],
  ["top"],
  ["mcp", HOSTILE],
  ["daemon", "status"],
  ["daemon", "logs", "-n", "500"],
  ["daemon", "logs", "--level", HOSTILE],
  ["daemon", "reload"],
  ["daemon", "start"],
  ["daemon", "restart", HOSTILE],
  ["daemon", "run", HOSTILE],
  ["config", "check"],
  ["config", "schema", HOSTILE],
  ["doctor"],
  ["service", "install", "--print"],
  ["service", "status"],
  ["service", "uninstall"],
  ["completion", HOSTILE],
  ["help", HOSTILE],
  [HOSTILE],
  ["daemon", HOSTILE],
  ["init"],
  ["init", "--home", "new"],
  ["stop", "--all"],
  ["daemon", "stop"],
  ["daemon", "status"],
  ["daemon", "logs", "-n", "500"],
];

test("every command of the table is tried here", () => {
  const tried = LINES.map((line) => line.join(" "));
  expect(COMMANDS.filter(({ name }) => !tried.some((line) => `${line} `.startsWith(`${name} `)))).toEqual([]);
});

test("nothing that an agent, a file or a command line says controls the terminal; tables fit into 20 columns", async () => {
  // Its name is in the paths that many commands show.
  const directory = newHome("\x9b2J\u202e你");
  const home = join(directory, ".hearth");
  mkdirSync(home, { mode: 0o700 });
  const config: HearthToml = {
    agents: {
      loud: { command: loud("exec sleep 1000") },
      screen: { command: loud("exec sleep 1000"), session: "tmux" },
      crash: { command: loud("exit 3"), restart: { policy: "never" } },
      broken: { command: [join(directory, HOSTILE)], restart: { policy: "never" } },
    },
  };
  await startDaemon({ home, config, args: ["--detached"] });
  const env = { HEARTH_HOME: home, XDG_CONFIG_HOME: directory };
  const shown: string[] = [];
  for (const argv of LINES) {
    const { stdout, stderr } = await hearth(argv, { cwd: directory, env, columns: 20 });
    const lines = (stdout + stderr).replace(OVERWRITING, "").split("\n");
    expect({ argv, controlled: lines.filter((line) => CONTROLS.test(line)) }).toEqual({ argv, controlled: [] });
    const isTable = ["status", "requests"].includes(argv.join(" "));
    if (isTable) expect(lines.filter((line) => widthOf(line) > 20)).toEqual([]);
    shown.push(...lines);
  }
  expect(shown.filter((line) => line.includes(LETTERS)).length).toBeGreaterThan(10);
});

test("a home in which no log can be kept is refused with 78 and the reason", async () => {
  const home = newHome("a|b");
  const { code, stderr } = await hearth(["daemon", "start"], { env: { HEARTH_HOME: home } });
  expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining("the daemon can keep no log in") });
});
