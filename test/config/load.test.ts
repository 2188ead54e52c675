// hearth.toml becomes a Config with every default filled in, or a list of everything that is wrong with it.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ConfigProblem, formatProblem } from "../../protocol/config-problem.js";
import { loadConfig, parseConfig } from "../../src/config/load.js";
import { ConfigError } from "../../src/config/problem.js";

const FILE = "/p/hearth.toml";
const caller = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

async function problemsOf(text: string): Promise<readonly ConfigProblem[]> {
  const error = await parseConfig(text, FILE).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError: ${error}`);
  return error.problems;
}

/** The lines of a file, so that the expected line number can be counted. */
function lines(...text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}

test("a list is no table, not even an empty one", async () => {
  const problems = await problemsOf(lines("[agents.a]", 'command = "x"', "restart = []"));
  expect(problems).toMatchObject([{ line: 3, key: "agents.a.restart", message: 'expected a table, got "a list"' }]);
});

describe("a right file", () => {
  test("that is empty is all defaults", async () => {
    expect(await parseConfig("", FILE)).toEqual({
      file: FILE,
      heartbeatIntervalMs: 60_000,
      maxRequestAgeMs: 21_600_000,
      handoffTimeoutMs: 30_000,
      logMaxBytes: 100_000_000,
      logMaxFiles: 3,
      limits: {
        connections: 2_048,
        attachWithinMs: 10_000,
        frameBytes: 16_777_216,
        batch: 1_000,
        requestsInFlight: 128,
        waits: 64,
        subscriptions: 64,
        unwrittenBytes: 1_048_576,
        recentEvents: 1_000,
        queuedRequests: 100,
        keyedRequests: 10_000,
      },
      agents: new Map(),
    });
  });

  test("gives an agent that says only its command every default", async () => {
    const { agents } = await parseConfig('[agents.gateway]\ncommand = "picoclaw gateway"', FILE);
    expect(agents.get("gateway")).toEqual({
      name: "gateway",
      command: ["picoclaw", "gateway"],
      cwd: "/p",
      env: {},
      envFile: null,
      autostart: false,
      restart: {
        policy: "on-failure",
        maxAttempts: 3,
        windowMs: 300_000,
        backoffMs: 1_000,
        backoffMaxMs: 60_000,
        jitter: 0.1,
      },
      stop: { signal: "SIGTERM", graceMs: 10_000 },
      ready: null,
      dependsOn: [],
      session: "process",
      heartbeat: {
        intervalMs: 60_000,
        poke: { kind: "none" },
        message: expect.stringMatching(/./),
        whenMissed: null,
        startupGraceMs: 300_000,
      },
      mayControl: [],
      umask: null,
      nice: null,
      stderr: null,
      hooks: {},
      maxMemoryBytes: null,
      cron: null,
      watch: null,
    });
  });

  test("says everything else itself", async () => {
    const text = lines(
      "[daemon]",
      'heartbeat_interval = "1.5m"',
      'max_request_age = "1h"',
      'handoff_timeout = "0s"',
      'log_max_size = "1MiB"',
      "log_max_files = 0",
      '[agents."gastown/witness/"]',
      'command = ["node", "a b.js", ""]',
      'cwd = "w"',
      'env = { LOG_LEVEL = "info" }',
      'env_file = "../.env"',
      "autostart = true",
      'restart = { policy = "always", max_attempts = 1, window = "1h", backoff = "2s", backoff_max = "3s", jitter = 0 }',
      'stop = { signal = "SIGINT", grace = "0s" }',
      'ready = { tcp = 8080, timeout = "5s" }',
      'depends_on = ["db/", "db"]',
      'session = "tmux"',
      'may_control = ["db/", "gastown/*", "db"]',
      'umask = "0027"',
      "nice = -5",
      "on_ready = \"tell 'the town'\"",
      'on_failed = ["mail", "-s", "it\'s down", "ada"]',
      'max_memory = "1.5GiB"',
      'cron = { schedule = "0 4 * * *", zone = "Europe/Berlin" }',
      'watch = { paths = ["src", "../lib/*.py", "src"], ignore = ["*.log", "src/gen/"], debounce = "1s" }',
      "[agents.'gastown/witness/'.heartbeat]",
      'interval = "10s"',
      'poke = "session"',
      'message = """Check your hook.\\nThen go on."""',
      "when_missed = 3",
      'startup_grace = "0s"',
      "[agents.db]",
      'command = "/bin/db"',
      'stderr = "logs/db.err"',
    );
    const config = await parseConfig(`\uFEFF${text}`, FILE);
    expect(config).toMatchObject({ heartbeatIntervalMs: 90_000, logMaxBytes: 1_048_576, logMaxFiles: 0 });
    expect(config).toMatchObject({ maxRequestAgeMs: 3_600_000, handoffTimeoutMs: 0 });
    expect(config.agents.get("db")?.heartbeat.intervalMs).toBe(90_000);
    expect([...config.agents.keys()]).toEqual(["gastown/witness", "db"]);
    expect(config.agents.get("gastown/witness")).toEqual({
      name: "gastown/witness",
      command: ["node", "a b.js", ""],
      cwd: "/p/w",
      env: { LOG_LEVEL: "info" },
      envFile: "/.env",
      autostart: true,
      restart: {
        policy: "always",
        maxAttempts: 1,
        windowMs: 3_600_000,
        backoffMs: 2_000,
        backoffMaxMs: 3_000,
        jitter: 0,
      },
      stop: { signal: "SIGINT", graceMs: 0 },
      ready: { condition: { kind: "tcp", host: "127.0.0.1", port: 8080 }, timeoutMs: 5_000 },
      dependsOn: ["db"],
      session: "tmux",
      heartbeat: {
        intervalMs: 10_000,
        poke: { kind: "session" },
        message: "Check your hook.\nThen go on.",
        whenMissed: 3,
        startupGraceMs: 0,
      },
      mayControl: ["db", "gastown/*"],
      umask: 0o27,
      nice: -5,
      stderr: null,
      hooks: { on_ready: ["tell", "the town"], on_failed: ["mail", "-s", "it's down", "ada"] },
      maxMemoryBytes: 1_610_612_736,
      cron: { schedule: "0 4 * * *", zone: "Europe/Berlin" },
      watch: { paths: ["/p/src", "/lib/*.py"], ignore: ["*.log", "/p/src/gen"], debounceMs: 1_000 },
    });
    expect(config.agents.get("db")?.stderr).toEqual({ kind: "path", path: "/p/logs/db.err" });
  });
});

describe("[daemon.limits]", () => {
  test("sets each bound by its own key", async () => {
    const text = lines(
      "[daemon.limits]",
      "connections = 17",
      'attach_within = "1.5s"',
      'frame_size = "8MiB"',
      "batch = 2",
      "requests_in_flight = 9",
      "waits = 3",
      "subscriptions = 4",
      'unwritten_size = "200KB"',
      "recent_events = 11",
      "queued_requests = 5",
      "keyed_requests = 12",
    );
    expect((await parseConfig(text, FILE)).limits).toEqual({
      connections: 17,
      attachWithinMs: 1_500,
      frameBytes: 8_388_608,
      batch: 2,
      requestsInFlight: 9,
      waits: 3,
      subscriptions: 4,
      unwrittenBytes: 200_000,
      recentEvents: 11,
      queuedRequests: 5,
      keyedRequests: 12,
    });
  });

  test.each([
    ["connections", "15", "65537", "a whole number from 16 to 65536"],
    ["attach_within", '"99ms"', '"601s"', "must be from 100ms to 10m"],
    ["frame_size", '"8MB"', '"65MiB"', "must be from 8MiB to 64MiB"],
    ["batch", "0", "10001", "a whole number from 1 to 10000"],
    ["requests_in_flight", "7", "10001", "a whole number from 8 to 10000"],
    ["waits", "0", "10001", "a whole number from 1 to 10000"],
    ["subscriptions", "0", "1001", "a whole number from 1 to 1000"],
    ["unwritten_size", '"127KiB"', '"65MiB"', "must be from 128KiB to 64MiB"],
    ["recent_events", "9", "10001", "a whole number from 10 to 10000"],
    ["queued_requests", "0", "10001", "a whole number from 1 to 10000"],
    ["keyed_requests", "9", "1000001", "a whole number from 10 to 1000000"],
  ])("%s is held to its bounds, by file, line and key", async (key, tooLittle, tooMuch, why) => {
    for (const value of [tooLittle, tooMuch]) {
      expect(await problemsOf(lines("[daemon.limits]", `${key} = ${value}`))).toEqual([
        expect.objectContaining({
          ...{ file: FILE, line: 2, column: 1, key: `daemon.limits.${key}` },
          ...{ message: expect.stringContaining(why), hint: expect.stringMatching(/./) },
        }),
      ]);
    }
  });

  test.each([
    ["waits = 1.5", "daemon.limits.waits", "a whole number"],
    ['waits = "64"', "daemon.limits.waits", "a whole number"],
    ["frame_size = 16", "daemon.limits.frame_size", 'a size needs a unit: write "16KB" or "16MB"'],
    ["attach_within = 10", "daemon.limits.attach_within", 'a duration needs a unit: write "10s" or "10m"'],
    ["wait = 1", "daemon.limits.wait", 'did you mean "waits"?'],
    ['handoff_size = "2MiB"', "daemon.limits.handoff_size", 'there is no field "handoff_size"'],
  ])("%s is refused", async (line, key, why) => {
    expect(await problemsOf(lines("[daemon.limits]", line))).toEqual([
      expect.objectContaining({ line: 2, key, message: expect.stringContaining(why) }),
    ]);
  });
});

const AGENT = '[agents.db]\ncommand = "db"\n';

describe("a problem names file, line, column and key", () => {
  test.each<[string, string, Partial<ConfigProblem>]>([
    [
      "broken TOML",
      "[daemon]\nx = = 1",
      { line: 2, column: 5, key: null, message: expect.stringMatching(/^not valid TOML: [^\n]+$/) },
    ],
    ["a table twice", `${AGENT}${AGENT}`, { line: 3, key: null }],
    [
      "an unknown table",
      "\n[deamon]",
      { line: 2, column: 2, key: "deamon", message: expect.stringContaining('did you mean "daemon"?') },
    ],
    [
      "an unknown key",
      `${AGENT}  auto_start = true`,
      {
        line: 3,
        column: 3,
        key: "agents.db.auto_start",
        message: expect.stringContaining('did you mean "autostart"?'),
      },
    ],
    [
      "an unknown key in an inline table",
      `${AGENT}stop = { grase = "1s" }`,
      { line: 3, column: 10, key: "agents.db.stop.grase" },
    ],
    [
      "an unknown key in a table of its own",
      `${AGENT}[agents.db.stop]\ngrase = "1s"`,
      { line: 4, column: 1, key: "agents.db.stop.grase" },
    ],
    ["an unknown dotted key", `${AGENT}stop.grase = "1s"`, { line: 3, column: 6, key: "agents.db.stop.grase" }],
    [
      "a bare number",
      "[daemon]\nheartbeat_interval = 60",
      { line: 2, column: 1, key: "daemon.heartbeat_interval", message: expect.stringContaining('"60s"') },
    ],
    [
      "an unknown unit",
      `${AGENT}restart.window = "5 parsecs"`,
      { line: 3, key: "agents.db.restart.window", message: expect.stringContaining("parsecs") },
    ],
    [
      "a missing command",
      "[agents.db]\nautostart = true",
      { line: 1, column: 9, key: "agents.db.command", message: expect.stringContaining("missing") },
    ],
    ["an agent that is no table", "[agents]\ndb = 1", { line: 2, column: 1, key: "agents.db" }],
    ["agents that are a list", "agents = [1]", { line: 1, column: 1, key: "agents" }],
    ["a name that climbs", '[agents."../x"]\ncommand = "x"', { line: 1, column: 9, key: 'agents."../x"' }],
    ["the daemon's own name", '[agents.daemon]\ncommand = "x"', { line: 1, column: 9, key: "agents.daemon" }],
    [
      "a name that is a trap",
      '[agents.__proto__]\ncommand = "x"',
      { line: 1, column: 2, key: "agents", message: expect.stringContaining("__proto__") },
    ],
    [
      "an unclosed quote",
      '[agents.db]\ncommand = "db \'x"',
      { line: 2, column: 1, key: "agents.db.command", message: expect.stringContaining("never closed") },
    ],
    [
      "a pipe",
      '[agents.db]\ncommand = "db | tee log"',
      { line: 2, key: "agents.db.command", hint: expect.stringContaining('["sh", "-c"') },
    ],
    [
      "an empty program",
      '[agents.db]\ncommand = [""]',
      { line: 2, key: "agents.db.command", message: "the command names no program" },
    ],
    [
      "a NUL in an argument",
      '[agents.db]\ncommand = ["db", "\\u0000"]',
      { line: 2, key: "agents.db.command", message: expect.stringContaining("NUL") },
    ],
    [
      "a number in the environment",
      `${AGENT}env = { A = "1", PORT = 80 }`,
      { line: 3, column: 18, key: "agents.db.env.PORT" },
    ],
    [
      "two ready conditions",
      `${AGENT}ready = { delay = "1s", notify = true }`,
      { line: 3, column: 1, key: "agents.db.ready" },
    ],
    [
      "a bad quote in ready.command",
      `${AGENT}ready = { command = "x '" }`,
      { line: 3, column: 11, key: "agents.db.ready.command" },
    ],
    [
      "a backoff over its bound",
      `${AGENT}restart = { backoff = "2m", backoff_max = "1m" }`,
      { line: 3, column: 13, key: "agents.db.restart.backoff" },
    ],
    [
      "a delay that its timeout never lets pass",
      `${AGENT}ready = { delay = "1s", timeout = "1s" }`,
      { line: 3, column: 11, key: "agents.db.ready.delay", message: expect.stringContaining('timeout = "1s"') },
    ],
    [
      "a kind of session that is none",
      `${AGENT}session = "screen"`,
      { line: 3, column: 1, key: "agents.db.session", message: expect.stringContaining('"tmux"') },
    ],
    [
      "a bare number as interval",
      `${AGENT}heartbeat = { interval = 60 }`,
      { line: 3, column: 15, key: "agents.db.heartbeat.interval", message: expect.stringContaining('"60s"') },
    ],
    [
      "an unknown key of the heartbeat",
      `${AGENT}[agents.db.heartbeat]\nwhen_mised = 3`,
      { line: 4, key: "agents.db.heartbeat.when_mised", message: expect.stringContaining('"when_missed"') },
    ],
    [
      "a watchdog that would never wait",
      `${AGENT}heartbeat.when_missed = 0`,
      { line: 3, column: 11, key: "agents.db.heartbeat.when_missed" },
    ],
    [
      "an unknown way of a poke",
      `${AGENT}heartbeat = { poke = "stdin" }`,
      { line: 3, column: 15, key: "agents.db.heartbeat.poke", message: expect.stringContaining('"session"') },
    ],
    [
      "a poke that would kill",
      `${AGENT}heartbeat = { poke = "signal:SIGKILL" }`,
      { line: 3, column: 15, key: "agents.db.heartbeat.poke", message: expect.stringContaining("SIGKILL") },
    ],
    [
      "a bad quote in the command of a poke",
      `${AGENT}heartbeat = { poke = "command:x '" }`,
      { line: 3, column: 15, key: "agents.db.heartbeat.poke", message: expect.stringContaining("never closed") },
    ],
    [
      "an escape sequence in a poke",
      `${AGENT}heartbeat = { message = "a\\u001b[201~" }`,
      { line: 3, column: 15, key: "agents.db.heartbeat.message", message: expect.stringContaining("ESC (U+001B)") },
    ],
    [
      "two lines for a process's stdin",
      `${AGENT}heartbeat = { poke = "session", message = "a\\nb" }`,
      { line: 3, column: 33, key: "agents.db.heartbeat.message", message: expect.stringContaining("newline") },
    ],
    [
      "a permission on what is no name",
      `${AGENT}may_control = ["ok/*", "a b"]`,
      { line: 3, column: 24, key: "agents.db.may_control[1]" },
    ],
    [
      "a request that would be too old at once",
      '[daemon]\nmax_request_age = "0s"',
      { line: 2, column: 1, key: "daemon.max_request_age", message: "must be longer than 0" },
    ],
    [
      "a dependency on nobody",
      `${AGENT}depends_on = ["db2", "bd"]\n[agents.db2]\ncommand = "x"`,
      { line: 3, column: 22, key: "agents.db.depends_on[1]", message: 'there is no agent "bd"; did you mean "db"?' },
    ],
    [
      "a dependency on itself",
      `${AGENT}depends_on = ["db"]`,
      { line: 3, column: 15, key: "agents.db.depends_on[0]", message: "an agent cannot depend on itself" },
    ],
    [
      "one agent under two names",
      `${AGENT}[agents."db/"]\ncommand = "x"`,
      { line: 3, column: 9, key: 'agents."db/"', message: 'the agent "db" is already defined as "db"' },
    ],
    [
      "one stderr file of two agents",
      `${AGENT}stderr = "db.err"\n[agents.a]\ncommand = "x"\nstderr = "./db.err"`,
      { line: 6, column: 1, key: "agents.a.stderr", message: '/p/db.err is the stderr file of "db" already' },
    ],
    [
      "a log of an agent as a stderr file",
      `${AGENT}stderr = "logs/agents/a.log"`,
      { line: 3, column: 1, key: "agents.db.stderr", message: "/p/logs/agents/a.log is among the logs of the home" },
    ],
    [
      "the daemon's log as a stderr file",
      `${AGENT}stderr = "/p/logs/daemon.log"`,
      { line: 3, column: 1, key: "agents.db.stderr", message: "/p/logs/daemon.log is among the logs of the home" },
    ],
  ])("%s", async (_, text, problem) => {
    expect(await problemsOf(text)).toEqual([
      expect.objectContaining({ file: FILE, hint: expect.stringMatching(/./), ...problem }),
    ]);
  });

  test("and a dependency cycle names its agents in order", async () => {
    const agent = (name: string, dependency: string) =>
      `[agents.${name}]\ncommand = "x"\ndepends_on = ["${dependency}"]\n`;
    const text = agent("start", "a") + agent("a", "b") + agent("b", "c") + agent("c", "a");
    expect(await problemsOf(text)).toEqual([
      expect.objectContaining({
        line: 12,
        key: "agents.c.depends_on[0]",
        message: expect.stringContaining("a -> b -> c -> a"),
      }),
    ]);
  });
});

test("all problems are told at once, in the order of the file", async () => {
  const text = lines(
    "[agents.a]",
    'command = "a | b"',
    "[agents.b]",
    'command = "b"',
    'depends_on = ["a", "nobody"]',
    "[agents.c]",
    "comand = 1",
    "[daemon]",
    "log_max_files = -1",
  );
  expect((await problemsOf(text)).map(({ line, key }) => `${line} ${key}`)).toEqual([
    "2 agents.a.command",
    "5 agents.b.depends_on[1]",
    "6 agents.c.command",
    "7 agents.c.comand",
    "9 daemon.log_max_files",
  ]);
});

test("a table that is opened in parts is where it is mentioned first", async () => {
  const text = lines("[agents.db.stop]", 'grace = "1s"', "[agents.db.restart]", "jitter = 0");
  expect(await problemsOf(text)).toEqual([expect.objectContaining({ line: 1, column: 9, key: "agents.db.command" })]);
});

test("a byte order mark hides no place", async () => {
  expect(await problemsOf("\uFEFF[deamon]")).toEqual([expect.objectContaining({ line: 1, column: 2, key: "deamon" })]);
});

test("an agent written with a trailing slash is the one that others depend on", async () => {
  const { agents } = await parseConfig(`${AGENT}depends_on = ["mayor"]\n[agents."mayor/"]\ncommand = "x"`, FILE);
  expect([...agents.keys()]).toEqual(["db", "mayor"]);
});

test("a problem in a file that the second parser refuses is told without its place", async () => {
  expect(await problemsOf("[daemon]\nsince = 2024-02-30")).toEqual([
    expect.objectContaining({ file: FILE, line: null, column: null, key: "daemon.since" }),
  ]);
});

test("a problem in one line is file:line:column: key: message", async () => {
  const [problem] = await problemsOf(`${AGENT}depends_on = ["x/y"]`);
  expect(problem && formatProblem(problem)).toBe(
    '/p/hearth.toml:3:15: agents.db.depends_on[0]: there is no agent "x/y"',
  );
  expect(problem?.hint).toBe('define [agents."x/y"], or take it out');
});

describe("loading", () => {
  let project: string;
  let home: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "hearth-load-"));
    home = join(project, ".hearth");
    mkdirSync(home);
  });
  afterEach(() => rmSync(project, { recursive: true }));

  test("without a hearth.toml gives the defaults and no agent", async () => {
    expect(await loadConfig({ home, caller })).toMatchObject({
      file: null,
      heartbeatIntervalMs: 60_000,
      agents: new Map(),
    });
  });

  test("reads the file beside .hearth, and relative paths start there", async () => {
    writeFileSync(join(project, "hearth.toml"), AGENT);
    const { file, agents } = await loadConfig({ home, caller });
    expect(file).toBe(join(project, "hearth.toml"));
    expect(agents.get("db")?.cwd).toBe(project);
  });

  test("lets several agents throw their stderr away", async () => {
    const thrown = 'stderr = "/dev/null"\n';
    writeFileSync(join(project, "hearth.toml"), `${AGENT}${thrown}[agents.a]\ncommand = "x"\n${thrown}`);
    const { agents } = await loadConfig({ home, caller });
    expect([...agents.keys()]).toEqual(["db", "a"]);
  });

  test("refuses a log of the home as a stderr file, wherever hearth.toml lies", async () => {
    const log = join(home, "logs", "agents", "ok.log");
    writeFileSync(join(project, "hearth.toml"), `${AGENT}stderr = "${log}"`);
    await expect(loadConfig({ home, caller })).rejects.toMatchObject({
      problems: [{ line: 3, key: "agents.db.stderr", message: `${log} is among the logs of the home` }],
    });
  });

  test("refuses a planted file beside .hearth, though the home was named", async () => {
    writeFileSync(join(project, "hearth.toml"), AGENT);
    chmodSync(project, 0o777);
    await expect(loadConfig({ home, caller })).rejects.toMatchObject({
      name: "TrustError",
      path: expect.stringContaining(project),
    });
  });

  test("reads the file in a named home whatever lies above", async () => {
    writeFileSync(join(home, "hearth.toml"), AGENT);
    chmodSync(project, 0o777);
    expect((await loadConfig({ home, caller })).agents.size).toBe(1);
  });

  test("of a file that is not UTF-8 is a problem of the whole file", async () => {
    const file = join(home, "hearth.toml");
    writeFileSync(file, Buffer.from([0x61, 0xff]));
    await expect(loadConfig({ home, caller })).rejects.toMatchObject({
      problems: [{ file, line: null, column: null, key: null, message: expect.stringContaining("cannot be read") }],
    });
  });

  test.each([
    ["a directory", (file: string) => mkdirSync(file)],
    ["a FIFO", (file: string) => execFileSync("mkfifo", [file])],
    ["a link to itself", (file: string) => symlinkSync(file, file)],
    ["a link to nothing", (file: string) => symlinkSync(`${file}.gone`, file)],
  ])("refuses %s instead of going on without a configuration", async (_, make) => {
    const file = join(home, "hearth.toml");
    make(file);
    await expect(loadConfig({ home, caller })).rejects.toMatchObject({
      problems: [{ file, message: expect.stringContaining("cannot be read") }],
    });
  });
});
