// `hearth logs` and `hearth daemon logs` as people use them, against real agents, through restarts of everything.
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { hearth as anywhere, type RunOptions } from "../cli/hearth.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.cjs");

/** Runs for as long as the test, and writes nothing of its own. */
const SILENT = sh("exec sleep 1000");

// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour is what is looked for
const SGR = /^\x1b\[\d+m$/;

/** A time that lines begin with, so many seconds after the first. */
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();

/** A daemon with these agents, and what they wrote before. */
async function daemonWith(logs: Readonly<Record<string, readonly string[]>>): Promise<TestDaemon> {
  const agents = Object.fromEntries(Object.keys(logs).map((name) => [name, SILENT]));
  const home = newHome();
  mkdirSync(join(home, "logs/agents"), { recursive: true, mode: 0o700 });
  for (const [name, lines] of Object.entries(logs)) {
    if (lines.length > 0) writeFileSync(logFile(home, name), asText(lines), { mode: 0o600 });
  }
  return startDaemon({ home, config: { agents } });
}

function logFile(home: string, agent: string): string {
  return join(home, "logs/agents", `${agent.replaceAll("/", "%2F")}.log`);
}

const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

const hearth = ({ home }: { readonly home: string }, ...argv: string[]) => anywhere(["--home", home, ...argv]);

const onTerminal = ({ home }: { readonly home: string }, options: RunOptions, ...argv: string[]) =>
  anywhere(["--home", home, ...argv], options);

/** The program itself, with what it has printed until now. */
function start({ home }: { readonly home: string }, ...argv: string[]) {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [HEARTH, "--home", home, ...argv],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
    });
  }
  const closed = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  return {
    child,
    printed,
    ended: () => within(closed, () => `hearth ${argv.join(" ")} ends; it printed ${JSON.stringify(printed)}`),
    until: (text: string) =>
      eventually(() => printed.stdout.includes(text), `"${text}" after ${JSON.stringify(printed)}`),
  };
}

describe("hearth logs", () => {
  it("brings the lines of several agents in order by their times, each log in its own", async () => {
    const daemon = await daemonWith({
      web: [`${at(1)} one`, "  at the next line of it", `${at(4)} four`],
      "team/db": [`{"time":"${at(2)}"}`, `{"time":"${at(3)}"}`],
      other: [`${at(0)} never asked for`],
    });
    const expected = asText([
      `web | ${at(1)} one`,
      "web |   at the next line of it",
      `team/db | {"time":"${at(2)}"}`,
      `team/db | {"time":"${at(3)}"}`,
      `web | ${at(4)} four`,
    ]);
    expect(await hearth(daemon, "logs", "web", "team/*", "web")).toMatchObject({
      code: 0,
      stdout: expected,
      stderr: "",
    });
  });

  it("puts what tells no time where its log was written to last", async () => {
    const daemon = await daemonWith({ a: [`${at(1)} a`, `${at(9)} a`], b: ["b", "b"] });
    utimesSync(logFile(daemon.home, "b"), new Date(at(5)), new Date(at(5)));
    const { stdout } = await hearth(daemon, "logs");
    expect(stdout).toBe(asText([`a | ${at(1)} a`, "b | b", "b | b", `a | ${at(9)} a`]));
  });

  it("says on a terminal whose line it is: in a column, in a colour that stays, and clipped where it is narrow", async () => {
    const daemon = await daemonWith({ "team/database": [`${at(1)} one`], web: [`${at(2)} two`] });
    const wide = await onTerminal(daemon, { columns: 80 }, "logs", "team/*", "web");
    const shown = /^(?<colour>.*)team\/database(?<end>.*) \| \S+ one\n(?<other>.*)web {10}\k<end> \| \S+ two\n$/u;
    const { colour, end, other } = shown.exec(wide.stdout)?.groups ?? {};
    expect([colour, end, other]).toEqual([
      expect.stringMatching(SGR),
      expect.stringMatching(SGR),
      expect.stringMatching(SGR),
    ]);
    const alone = await onTerminal(daemon, { columns: 80 }, "logs", "web*");
    expect(alone.stdout).toBe(`${other}web${end} | ${at(2)} two\n`);
    const narrow = await onTerminal(daemon, { columns: 20, env: { NO_COLOR: "1" } }, "logs", "team/*", "web");
    expect(narrow.stdout).toBe(`team/… | ${at(1)} one\nweb    | ${at(2)} two\n`);
  });

  it("looks through everything that is kept for what matches, and shows it", async () => {
    const daemon = await daemonWith({ web: ["current: \x1b[31mer\x1b[0mror 3", "fine"] });
    writeFileSync(`${logFile(daemon.home, "web")}.3`, `error 1\n${"fine\n".repeat(100_000)}`);
    writeFileSync(`${logFile(daemon.home, "web")}.1`, "ERROR 2\n");
    expect((await hearth(daemon, "logs", "web", "--grep", "error \\d")).stdout).toBe("error 1\ncurrent: error 3\n");
    const found = await hearth(daemon, "logs", "web", "--grep", "(?i)error", "-n", "2");
    expect(found.stdout).toBe("ERROR 2\ncurrent: error 3\n");
    const shown = await onTerminal(daemon, { columns: 80 }, "logs", "web", "--grep", "er+or", "-n", "1");
    expect(shown.stdout).toBe("current: \x1b[1m\x1b[31merror\x1b[0m\x1b[0m 3\n");
    expect(await hearth(daemon, "logs", "web", "--grep", "(")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"(" is no regular expression'),
    });
  });

  it("comes to an end with a pattern that can be tried in more ways than anybody can wait for", async () => {
    const daemon = await daemonWith({ web: [`${"a".repeat(64)}!`, "aaa"] });
    expect(await hearth(daemon, "logs", "web", "--grep", "^(a+)+$")).toMatchObject({ code: 0, stdout: "aaa\n" });
  });

  it("shows what was written since a moment, by the times of the lines, across rotated files", async () => {
    const daemon = await daemonWith({ web: [`${at(20)} c`, "c goes on", `${at(30)} d`] });
    const file = logFile(daemon.home, "web");
    for (const [number, seconds] of [
      [2, [1, 5]],
      [1, [9, 15]],
    ] as const) {
      writeFileSync(`${file}.${number}`, asText(seconds.map((second) => `${at(second)} old`)));
      utimesSync(`${file}.${number}`, new Date(at(seconds[1])), new Date(at(seconds[1])));
    }
    const since = (second: number, ...flags: string[]) =>
      hearth(daemon, "logs", "web", "--since", at(second), ...flags);
    expect(await since(9)).toMatchObject({
      stdout: asText([`${at(9)} old`, `${at(15)} old`, `${at(20)} c`, "c goes on", `${at(30)} d`]),
      stderr: "",
    });
    expect((await since(20, "-n", "2")).stdout).toBe(asText(["c goes on", `${at(30)} d`]));
    expect((await since(31)).stdout).toBe("");
    expect((await hearth(daemon, "logs", "web", "--since", "1s", "--json")).json()).toEqual({
      agent: "web",
      lines: [],
      file,
    });
  });

  it("shows all that may have been written since, and says so, when lines tell no time", async () => {
    const daemon = await daemonWith({ web: ["one", "two"] });
    const file = logFile(daemon.home, "web");
    expect(await hearth(daemon, "logs", "web", "--since", at(0))).toMatchObject({
      stdout: "one\ntwo\n",
      stderr: "note: lines of web tell no time: some may be older\n",
    });
    appendFileSync(file, `${at(10)} three\n`);
    expect(await hearth(daemon, "logs", "web", "--since", at(0), "-n", "1")).toMatchObject({ stderr: "" });
    writeFileSync(`${file}.1`, "zero\n");
    utimesSync(`${file}.1`, new Date(at(5)), new Date(at(5)));
    expect(await hearth(daemon, "logs", "web", "--since", at(9))).toMatchObject({
      stdout: `one\ntwo\n${at(10)} three\n`,
      stderr: `note: lines of web tell no time: they are from ${at(5)} on\n`,
    });
  });

  it("knows when lines without a time were written from what the daemon saw while it ran", async () => {
    const daemon = await daemonWith({ web: ["before"] });
    await daemon.call("agent.start", { agent: "web", wait: true });
    const since = new Date().toISOString();
    appendFileSync(logFile(daemon.home, "web"), "after\n");
    expect(await hearth(daemon, "logs", "web", "--since", since)).toMatchObject({
      stdout: "after\n",
      stderr: expect.stringMatching(/^note: lines of web tell no time: they are from \S+Z on\n$/),
    });
  });

  it("counts a line as written when its end is, and one without end when it was last added to", async () => {
    const daemon = await daemonWith({ web: ["before"] });
    const file = logFile(daemon.home, "web");
    appendFileSync(file, "begun-");
    await daemon.call("agent.start", { agent: "web", wait: true });
    const since = new Date().toISOString();
    const future = new Date(Date.now() + 3_600_000).toISOString();
    expect((await hearth(daemon, "logs", "web", "--since", future)).stdout).toBe("");
    appendFileSync(file, "ended\n");
    expect((await hearth(daemon, "logs", "web", "--since", since)).stdout).toBe("begun-ended\n");
  });

  it("tells times where they are known, as text and as JSON", async () => {
    const daemon = await daemonWith({ web: [`${at(1)} one`, "unknown"] });
    const { stdout } = await hearth(daemon, "logs", "web", "--timestamps");
    expect(stdout).toBe(`${at(1)} ${at(1)} one\n-                        unknown\n`);
    expect((await hearth(daemon, "logs", "web*", "-t", "--json")).json()).toEqual({
      logs: [
        { agent: "web", lines: [`${at(1)} one`, "unknown"], times: [at(1), null], file: logFile(daemon.home, "web") },
      ],
    });
  });

  it("has nothing to show of an agent without a log, exits 4 for one that is not there, and shows 500", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `agent-${index}`);
    const daemon = await daemonWith({ ...Object.fromEntries(names.map((name) => [name, ["here"]])), silent: [] });
    expect(await hearth(daemon, "logs", "silent")).toMatchObject({ code: 0, stdout: "" });
    expect(await hearth(daemon, "logs", "agent-1", "agnt-2")).toMatchObject({
      code: 4,
      stdout: "",
      stderr: expect.stringContaining('"agent-2"'),
    });
    expect(await hearth(daemon, "logs", "x*")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "note: there is no agent x*\n",
    });
    const { stdout } = await hearth(daemon, "logs");
    expect(stdout.trimEnd().split("\n").sort()).toEqual(names.map((name) => `${name} | here`).sort());
  });

  it("lets broken bytes and huge lines through, and nothing that could control a terminal", async () => {
    const daemon = await daemonWith({ web: [] });
    const bytes = Buffer.concat([
      Buffer.from("x".repeat(3_000_000)),
      Buffer.from("\n\0bi\x07nary \xff\xfe\n", "latin1"),
      Buffer.from("\x1b[2J\x1b]0;title\x07\x1b[32mgreen\r\n"),
      Buffer.from("é漢🦔 unfinished"),
    ]);
    writeFileSync(logFile(daemon.home, "web"), bytes);
    for (const flags of [
      ["-n", "4"],
      ["--grep", "", "-n", "4"],
    ]) {
      const { stdout } = await onTerminal(daemon, { columns: 40 }, "logs", "web", ...flags);
      expect(stdout.replaceAll("\x1b[32m", "").replaceAll("\x1b[0m", "")).toMatch(
        /^x+\nbinary \ufffd\ufffd\ngreen\né漢🦔 unfinished\n$/,
      );
    }
  });

  it("shows what agents write to stderr where that has a file of its own, and follows it", async () => {
    const apart = sh("echo out; echo err >&2; exec sleep 1000", { stderr: true });
    const daemon = await startDaemon({ config: { agents: { apart, together: sh("echo both >&2; exec sleep 1000") } } });
    expect(await hearth(daemon, "logs", "together", "--stderr")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("hearth logs"),
    });
    const { until } = start(daemon, "logs", "--stderr", "-f");
    await daemon.call("agent.start", { agent: "*", wait: true });
    await until("apart | err\n");
    expect(await hearth(daemon, "logs", "--stderr")).toMatchObject({ stdout: "apart | err\n", stderr: "" });
    expect(await hearth(daemon, "logs", "tog*", "--stderr")).toMatchObject({
      stdout: "",
      stderr: "note: there is no agent tog* with a file of its own for stderr\n",
    });
    expect((await hearth(daemon, "logs", "apart")).stdout).toBe("out\n");
  });

  it("refuses a file for stderr that is none, and waits for no pipe", async () => {
    const home = newHome();
    const pipe = join(home, "pipe");
    execFileSync("mkfifo", [pipe]);
    const daemon = await startDaemon({ home, config: { agents: { e: sh("exec sleep 1000", { stderr: "pipe" }) } } });
    for (const flags of [[], ["-f"], ["--since", "1h"]]) {
      expect(await hearth(daemon, "logs", "e", "--stderr", ...flags)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining(`${pipe} is not a regular file.`),
      });
    }
    await daemon.call("logs.follow", { agent: "e", stream: "stderr", lines: 0 });
    await daemon.hasLogged("is not a regular file");
    expect(await daemon.stop()).toMatchObject({ code: 0 });
  });

  it("ends quietly when its reader has enough of a log that is large", async () => {
    const daemon = await daemonWith({ web: [] });
    writeFileSync(logFile(daemon.home, "web"), "a line of a log that is large\n".repeat(1_000_000));
    const { child, printed, ended } = start(daemon, "logs", "web", "--since", at(0));
    await once(child.stdout, "data");
    child.stdout.destroy();
    expect(await ended()).toEqual([0, null]);
    expect(printed.stderr).toBe("");
  });
});

describe("hearth logs -f", () => {
  it("goes on over rotations and restarts of agent and daemon, each line once", async () => {
    const home = newHome();
    const a = sh('echo "session $HEARTH_INCARNATION begins"; exec sleep 1000');
    const config = { daemon: { log_max_size: "1KB" }, agents: { a, "team/b": SILENT } };
    const daemon = await startDaemon({ home, config });
    const write = (text: string) => appendFileSync(logFile(home, "a"), `${text}\n`);
    const { printed, until } = start(daemon, "logs", "-f");
    await daemon.call("agent.start", { agent: "a", wait: true });
    await until("a | session 1 begins\n");
    write("x".repeat(2_000));
    await daemon.call("agent.restart", { agent: "a", wait: true });
    await until("a | session 2 begins\n");
    expect(readFileSync(`${logFile(home, "a")}.1`, "utf8")).toContain("session 1");
    await daemon.kill();
    write("nobody looks");
    const next = await daemon.startAgain();
    write("somebody does");
    await until("a | somebody does\n");
    await next.call("agent.start", { agent: "team/b", wait: true });
    appendFileSync(logFile(home, "team/b"), "here, too\n");
    await until("team/b | here, too\n");
    expect(printed).toEqual({
      stdout: asText([
        "a | session 1 begins",
        `a | ${"x".repeat(2_000)}`,
        "a | session 2 begins",
        "a | nobody looks",
        "a | somebody does",
        "team/b | here, too",
      ]),
      stderr: "",
    });
  });

  it("begins with what was asked for, then shows agents that are added, and only what matches", async () => {
    const daemon = await daemonWith({ web: [`${at(1)} ok`, `${at(2)} no`, `${at(3)} ok`] });
    const { printed, until } = start(daemon, "logs", "web", "w*", "-f", "--since", at(2), "--grep", "ok", "-t");
    await until(`web | ${at(3)} ${at(3)} ok\n`);
    appendFileSync(logFile(daemon.home, "web"), `${at(4)} no\n${at(5)} ok\n`);
    await until(`web | ${at(5)} ${at(5)} ok\n`);
    const command = ["/bin/sh", "-c", "echo no; echo ok; exec sleep 1000"];
    await daemon.call("agent.add", { name: "worker", command });
    await daemon.call("agent.start", { agent: "worker" });
    await until("worker | ");
    expect(printed.stdout).toMatch(/^web \| \S+ \S+ ok\nweb \| \S+ \S+ ok\nworker \| \d{4}-\d\d-\d\dT[\d:.]+Z ok\n$/);
  });

  it("finishes a line that had no end when it began", async () => {
    const daemon = await daemonWith({ web: ["one"] });
    appendFileSync(logFile(daemon.home, "web"), "unfin");
    const { printed, until } = start(daemon, "logs", "web", "-f");
    await until("one\n");
    appendFileSync(logFile(daemon.home, "web"), "ished\n");
    await until("unfinished\n");
    expect(printed.stdout).toBe("one\nunfinished\n");
  });
});

describe("hearth daemon logs", () => {
  it("goes on with the next daemon, and shows what both said in between", async () => {
    const daemon = await startDaemon({ args: ["--detached"] });
    const { printed, until } = start(daemon, "daemon", "logs", "-f", "-n", "1", "--grep", "has started|has stopped");
    await until(`has started pid=${daemon.pid} `);
    await daemon.call("daemon.restart", {});
    const next = await daemon.successor();
    await until(`has started pid=${next.pid} `);
    expect(printed.stdout.match(/has \w+/g)).toEqual(["has started", "has stopped", "has started"]);
    await next.shutDown();
  });

  it("chooses by level, moment and pattern, without a daemon too", async () => {
    const home = newHome();
    mkdirSync(join(home, "logs"), { mode: 0o700 });
    const entry = (second: number, level: string) => JSON.stringify({ at: at(second), level, message: "said", second });
    const entries = [entry(1, "error"), entry(2, "info"), entry(3, "warn"), entry(4, "info")];
    writeFileSync(join(home, "logs/daemon.log.1"), asText(entries.slice(0, 2)));
    writeFileSync(join(home, "logs/daemon.log"), asText(entries.slice(2)));
    const shown = async (...flags: string[]) => {
      const { stdout } = await hearth({ home }, "daemon", "logs", ...flags);
      return [...stdout.matchAll(/second=(\d)/g)].map(([, second]) => Number(second));
    };
    expect(await shown()).toEqual([1, 2, 3, 4]);
    expect(await shown("-n", "3")).toEqual([2, 3, 4]);
    expect(await shown("--level", "warn")).toEqual([1, 3]);
    expect(await shown("--level", "debug", "--since", at(2))).toEqual([2, 3, 4]);
    expect(await shown("--grep", "info +said", "-n", "1")).toEqual([4]);
    expect((await hearth({ home }, "daemon", "logs", "--level", "error", "--json")).json()).toMatchObject({
      lines: [entries[0]],
    });
    expect(await hearth({ home }, "daemon", "logs", "--level", "loud")).toMatchObject({ code: 2 });
    expect(await hearth({ home }, "daemon", "logs", "-f")).toMatchObject({ code: 3 });
  });
});
