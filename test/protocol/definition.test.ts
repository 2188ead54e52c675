// The promises of the schema of hearth.toml: good files pass, and what is wrong is named with its place.
import { expect, test } from "vitest";
import { AgentDefinitionSchema, HearthTomlSchema } from "../../protocol/definition.js";
import { check, formatFlaw } from "../../protocol/validate.js";

function flawsOf(definition: Record<string, unknown>): string[] {
  const checked = check(AgentDefinitionSchema, { command: "run", ...definition });
  return checked.ok ? [] : checked.flaws.map(formatFlaw);
}

function fileFlaws(file: unknown): string[] {
  const checked = check(HearthTomlSchema, file);
  return checked.ok ? [] : checked.flaws.map(formatFlaw);
}

test("everything a definition may say is accepted", () => {
  const file = {
    daemon: {
      heartbeat_interval: "60s",
      max_request_age: "6h",
      handoff_timeout: "0s",
      log_max_size: "100MB",
      log_max_files: 3,
    },
    agents: {
      gateway: {
        command: "picoclaw gateway",
        cwd: ".",
        env: { LOG_LEVEL: "info", EMPTY: "" },
        env_file: ".env",
        autostart: true,
        restart: { policy: "always", max_attempts: 3, window: "5m", backoff: "1s", backoff_max: "1m", jitter: 0.1 },
        stop: { signal: "SIGINT", grace: "10s" },
        ready: { output: "listening on", timeout: "30s" },
        depends_on: ["db"],
        session: "tmux",
        heartbeat: { interval: "60s", poke: "session", message: "Check.\n\tNow.", when_missed: 3, startup_grace: "0s" },
        may_control: ["gastown/*", "db"],
        umask: "027",
        nice: -20,
        on_ready: "tell ready",
        on_exit: ["tell", "exit"],
        on_failed: "tell failed",
        on_cycle: "tell cycle",
      },
      db: { command: ["postgres", "-D", ""], stderr: true },
      web: { command: "web", stderr: "logs/web.err", umask: "0002" },
    },
  };
  expect(check(HearthTomlSchema, file)).toEqual({ ok: true, value: file });
});

test("an empty file is a good one", () => {
  expect(fileFlaws({})).toEqual([]);
});

test("names lose their trailing slash", () => {
  const checked = check(HearthTomlSchema, { agents: { "mayor/": { command: "x", depends_on: ["db/"] } } });
  expect(checked).toEqual({ ok: true, value: { agents: { mayor: { command: "x", depends_on: ["db"] } } } });
});

test.each([
  [{ comand: "x" }, 'comand: there is no field "comand"; did you mean "command"?'],
  [{ toString: "x" }, expect.stringContaining('there is no field "toString"')],
  [
    { restart: { max_attemps: 3 } },
    'restart.max_attemps: there is no field "max_attemps"; did you mean "max_attempts"?',
  ],
  [{ command: undefined }, expect.stringContaining("command: expected a command")],
  [{ command: 7 }, expect.stringContaining("command: expected a command")],
  [{ command: "" }, "command: must not be empty"],
  [{ command: [] }, "command: must name a program"],
  [{ command: ["a", 1] }, expect.stringContaining("command")],
  [{ cwd: "a\0b" }, "cwd: must not contain a NUL character"],
  [{ env: { PORT: 80 } }, "env.PORT: expected a string, got 80; put the value in quotes"],
  [{ env: { "A=B": "x" } }, "env.A=B: the name of a variable is not empty and has no = in it"],
  [{ env: { constructor: "x" } }, 'env: the name "constructor" cannot be used'],
  [{ env: ["A"] }, "env: expected a table"],
  [{ autostart: "yes" }, 'autostart: expected true or false, got "yes"'],
  [{ restart: { window: 5 } }, 'restart.window: a duration needs a unit: write "5s" or "5m"'],
  [{ restart: { window: "0s" } }, "restart.window: must be longer than 0"],
  [{ restart: { policy: "sometimes" } }, expect.stringContaining('expected "on-failure" or "always" or "never"')],
  [{ restart: { max_attempts: 1.5 } }, "restart.max_attempts: expected a whole number from 0 to 1000000"],
  [{ restart: { jitter: 2 } }, "restart.jitter: must be from 0 to 1"],
  [{ stop: { grace: "10" } }, 'stop.grace: the duration "10" has no unit: write it like "60s"'],
  [{ stop: { signal: "TERM" } }, expect.stringContaining("stop.signal: expected the name of a signal")],
  [{ umask: 27 }, 'umask: expected octal digits in quotes, such as "027", got 27'],
  [{ umask: "0o27" }, 'umask: must be octal digits, such as "027"'],
  [{ umask: "028" }, 'umask: must be octal digits, such as "027"'],
  [{ umask: "1777" }, 'umask: must be octal digits, such as "027"'],
  [{ nice: 20 }, "nice: expected a whole number from -20 to 19"],
  [{ stderr: false }, "stderr: expected true, or the path of a file"],
  [{ on_exit: [] }, "on_exit: must name a program"],
  [{ on_ready: 1 }, expect.stringContaining("on_ready: expected a command")],
  [{ stop: 10 }, "stop: expected a table, got 10"],
  [{ ready: {} }, "ready: needs exactly one of output, tcp, http, command, delay, notify"],
  [{ ready: { output: "a", delay: "1s" } }, "ready: needs exactly one of output, tcp, http, command, delay, notify"],
  [{ ready: { notify: false } }, "ready.notify: can only be true; leave it out otherwise"],
  [{ ready: { tcp: "a:b" } }, 'ready.tcp: expected an address such as "127.0.0.1:8080"'],
  [{ ready: { http: "ftp://x" } }, expect.stringContaining("ready.http: expected a URL")],
  [{ session: "screen" }, 'session: expected "process" or "tmux", got "screen"'],
  [{ heartbeat: "60s" }, 'heartbeat: expected a table, got "60s"'],
  [{ heartbeat: { intervall: "1s" } }, 'heartbeat.intervall: there is no field "intervall"; did you mean "interval"?'],
  [{ heartbeat: { interval: 60 } }, 'heartbeat.interval: a duration needs a unit: write "60s" or "60m"'],
  [{ heartbeat: { interval: "0s" } }, "heartbeat.interval: must be longer than 0"],
  [
    { heartbeat: { startup_grace: "5" } },
    expect.stringContaining('heartbeat.startup_grace: the duration "5" has no unit'),
  ],
  [{ heartbeat: { when_missed: 0 } }, "heartbeat.when_missed: expected a whole number from 1 to 1000000"],
  [{ heartbeat: { when_missed: 1.5 } }, "heartbeat.when_missed: expected a whole number from 1 to 1000000"],
  [{ heartbeat: { message: 7 } }, "heartbeat.message: expected a string, got 7"],
  [{ heartbeat: { message: "" } }, "heartbeat.message: must not be empty"],
  [{ heartbeat: { message: "a\x1b[201~" } }, "heartbeat.message: must not contain the control character ESC (U+001B)"],
  [{ heartbeat: { poke: true } }, "heartbeat.poke: expected a string, got true"],
  [{ heartbeat: { poke: "sesion" } }, expect.stringMatching(/^heartbeat\.poke: expected .*did you mean "session"\?$/)],
  [{ heartbeat: { poke: "signal:SIGKILL" } }, expect.stringContaining('a poke cannot be the signal "SIGKILL"')],
  [{ heartbeat: { poke: "command:" } }, expect.stringContaining('expected a program after "command:"')],
  [{ may_control: "db" }, expect.stringContaining("may_control")],
  [{ may_control: ["gastown/*", "../x"] }, 'may_control.1: "../x" is not the name of an agent'],
  [{ depends_on: ["../x"] }, 'depends_on.0: "../x" is not the name of an agent'],
])("%j is refused with its place and a reason", (definition, flaw) => {
  expect(flawsOf(definition)).toEqual([flaw]);
});

test.each([
  [{ tcp: 8080 }],
  [{ tcp: "[::1]:80" }],
  [{ http: "http://127.0.0.1:8080/" }],
  [{ command: "true" }],
  [{ delay: "1s" }],
  [{ notify: true }],
])("%j is a ready condition", (ready) => {
  expect(flawsOf({ ready })).toEqual([]);
});

test.each([
  [{ agents: { "../x": { command: "x" } } }, '"../x" is not the name of an agent'],
  [{ agents: { daemon: { command: "x" } } }, '"daemon" is the daemon itself'],
  [{ agents: { constructor: { command: "x" } } }, 'the name "constructor" cannot be used'],
  [{ agent: {} }, 'did you mean "agents"?'],
  [{ daemon: { max_request_age: "0s" } }, "daemon.max_request_age: must be longer than 0"],
  [{ daemon: { handoff_timeout: 30 } }, 'daemon.handoff_timeout: a duration needs a unit: write "30s" or "30m"'],
  [{ daemon: { log_max_size: 100 } }, 'a size needs a unit: write "100KB" or "100MB"'],
  [{ daemon: { log_max_size: "10B" } }, "daemon.log_max_size: must be at least 1KB"],
  [{ agents: { a: { command: "x", max_memory: "0MB" } } }, "agents.a.max_memory: must be at least 1MB"],
  [{ agents: { a: [{ command: "x" }] } }, "agents.a"],
])("the file %j is refused", (file, part) => {
  expect(fileFlaws(file).join()).toContain(part);
});

test("all flaws are told, not only the first", () => {
  expect(flawsOf({ cwd: 1, autostart: 1, stop: { grace: 1 } })).toHaveLength(3);
});
