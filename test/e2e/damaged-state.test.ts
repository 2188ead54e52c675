// Damaged state: what lives is found, taken over and not started twice, and what was wrong with which file is told.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import type { AgentStatus } from "../../protocol/methods.js";
import { attachAs } from "../support/attached.js";
import { newHome, runDaemon, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { environmentOf, isRunning, kill, processesOf } from "../support/processes.js";

const SLEEP = "exec sleep 60";
const plain = sh(SLEEP, { heartbeat: { poke: "session" } });
const AGENTS = { plain, clerk: sh(SLEEP, { session: "tmux" }) };
const NAMES = Object.keys(AGENTS);
const NOBODY = 65_534;
/** What two clocks that count in different steps may differ by. */
const TICK_MS = 100;

/** Spoils the files of a home whose daemon is dead. */
type Damage = (home: string) => void;

const STATE_FILES = ["state.json", "journal.ndjson"];
const onEach = (damage: (file: string) => void): Damage => {
  return (home) => {
    for (const name of STATE_FILES) damage(join(home, name));
  };
};
const remove = onEach((file) => rmSync(file));
const removeMarks: Damage = (home) => rmSync(join(home, "run", "started"), { recursive: true });
const eachMark = (home: string, damage: (file: string) => void): void => {
  const marks = join(home, "run", "started");
  for (const name of readdirSync(marks)) damage(join(marks, name));
};
const rewriteJournal = (home: string, rewrite: (lines: readonly string[]) => readonly string[]): void => {
  const file = join(home, "journal.ndjson");
  writeFileSync(file, rewrite(readFileSync(file, "utf8").trimEnd().split("\n")).join("\n"));
};

/** From one moment to another, in unix milliseconds. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Agents in their second incarnation, which the journal alone tells of, and no daemon. */
async function orphans(agents: Readonly<Record<string, AgentDefinition>> = AGENTS): Promise<{
  readonly daemon: TestDaemon;
  readonly before: readonly AgentStatus[];
  /** When their last start was asked for, and when all of them ran. */
  readonly asked: Span;
}> {
  const first = await startDaemon({ config: { agents } });
  await first.call("agent.start", { agent: "*", wait: true });
  await first.call("agent.stop", { agent: "*" });
  await first.stop();
  const daemon = await first.startAgain();
  const askedAt = Date.now();
  const { agents: before } = await daemon.call("agent.start", { agent: "*", wait: true });
  expect(before).toMatchObject(before.map(() => ({ state: "running", incarnation: 2 })));
  await daemon.kill();
  return { daemon, before, asked: { from: askedAt, to: Date.now() } };
}

/** Processes of one agent; its terminal and its server are not among them. */
function processesOfAgent(home: string, agent: string): number[] {
  const pids = processesOf(home).map(({ pid }) => pid);
  return pids.filter((pid) => environmentOf(pid).HEARTH_AGENT === agent);
}

/** An agent in the middle of exec(2) has no environment for a moment; one too many would stay. */
async function expectAlone(home: string, agent: string, pid: number | null | undefined): Promise<void> {
  await eventually(() => `${processesOfAgent(home, agent)}` === `${pid}`, `${pid} alone is of ${agent}`);
}

async function expectTakenOver(daemon: TestDaemon, before: AgentStatus, asked: Span): Promise<void> {
  const { agent, pid } = before;
  const status = await daemon.until(agent, ({ adopted }) => adopted);
  expect(status).toMatchObject({ state: "running", ready: true, wanted: "up", pid, incarnation: 2, restarts: 0 });
  // The record says when the daemon was about to fork it, and the kernel when it had.
  expect(Date.parse(status.startedAt ?? "")).toBeGreaterThan(asked.from - TICK_MS);
  expect(Date.parse(status.startedAt ?? "")).toBeLessThan(asked.to + TICK_MS);
  await expectAlone(daemon.home, agent, pid);
  expect(await (await attachAs(daemon, agent)).call("agent.beat", {})).toHaveProperty("nextBeatWithinMs");
  await daemon.call("agent.stop", { agent });
  expect(processesOfAgent(daemon.home, agent)).toEqual([]);
  const again = await daemon.call("agent.start", { agent, wait: true });
  expect(again.agents).toMatchObject([{ state: "running", incarnation: 3 }]);
}

describe("agents that live though", () => {
  test.each<[string, Damage]>([
    ["both files are missing", remove],
    ["both files are empty", onEach((file) => truncateSync(file))],
    ["both files are binary", onEach((file) => writeFileSync(file, Buffer.from([0, 1, 10, 254, 255, 0])))],
    ["both files are cut in half", onEach((file) => truncateSync(file, statSync(file).size >> 1))],
    [
      "there are directories in place of both files",
      onEach((file) => {
        rmSync(file);
        mkdirSync(file);
      }),
    ],
    ["the journal is missing beside an old checkpoint", (home) => rmSync(join(home, "journal.ndjson"))],
    ["the journal lost its last lines", (home) => rewriteJournal(home, (lines) => [...lines.slice(0, 2), ""])],
    ["the journal is a line that is torn", (home) => rewriteJournal(home, ([, line = ""]) => [line.slice(0, 40)])],
    [
      "each line of the journal that tells of them is bad",
      (home) =>
        rewriteJournal(home, (lines) => [...lines.map((line) => line.replace('"kind":"agent"', '"kind":"agent')), ""]),
    ],
    [
      "their records make no sense",
      (home) => {
        remove(home);
        const record = (key: string, seq: number): string =>
          `${JSON.stringify({ seq, kind: "agent", key, value: { state: { incarnation: "7" } } })}\n`;
        writeFileSync(join(home, "journal.ndjson"), NAMES.map((name, n) => record(name, n + 1)).join(""));
      },
    ],
    ["the checkpoint is garbage", (home) => writeFileSync(join(home, "state.json"), "\0garbage")],
    [
      "both files and all marks are missing",
      (home) => {
        remove(home);
        removeMarks(home);
      },
    ],
    [
      "both files are missing and all marks are empty",
      (home) => {
        remove(home);
        eachMark(home, (file) => truncateSync(file));
      },
    ],
    ["their marks are missing", removeMarks],
    ["their marks are empty", (home) => eachMark(home, (file) => truncateSync(file))],
  ])("%s are taken over, and go on as before", async (_what, damage) => {
    const { daemon, before, asked } = await orphans();
    damage(daemon.home);
    const next = await daemon.startAgain();
    // Somebody who finds the daemon dead starts everything at once.
    await next.call("agent.start", { agent: "*" });
    for (const status of before) await expectTakenOver(next, status, asked);
  });

  test("nobody defines them any more are stopped", async () => {
    const { daemon, before } = await orphans();
    remove(daemon.home);
    writeFileSync(join(daemon.home, "hearth.toml"), "");
    const next = await daemon.startAgain();
    await Promise.all(NAMES.map((name) => next.event("agent.removed", name)));
    expect(before.map(({ pid }) => pid ?? 0).filter(isRunning)).toEqual([]);
  });
});

test.each<[string, string, Damage]>([
  ["record", "setsid sleep 61", remove],
  [
    "record and mark",
    "sleep 61",
    (home) => {
      remove(home);
      removeMarks(home);
    },
  ],
])("what is left of a session without a leader, %s is swept before the next one", async (_what, command, damage) => {
  const script = `${command} & echo "child $!"; wait`;
  const { daemon, before } = await orphans({ a: sh(script, { ready: { output: "child" } }) });
  const [leader] = before;
  const child = Number(/child (\d+)\n$/.exec(readFileSync(leader?.logFile ?? "", "utf8"))?.[1]);
  kill(leader?.pid);
  await eventually(() => !isRunning(leader?.pid ?? 0), "the leader is gone");
  expect(isRunning(child)).toBe(true);
  damage(daemon.home);
  const next = await daemon.startAgain();
  await next.until("a", ({ incarnation, ready }) => incarnation === 3 && ready);
  expect(isRunning(child)).toBe(false);
});

/** Changes what the journal says of an agent's latest state. */
function rewriteRecord(home: string, agent: string, change: Readonly<Record<string, unknown>>): void {
  rewriteJournal(home, (lines) => {
    const records = lines.map((line) => JSON.parse(line) as { seq: number; key?: string; value?: { state: object } });
    const last = records.findLast(({ key }) => key === agent);
    const changed = { ...last, value: { ...last?.value, state: { ...last?.value?.state, ...change } } };
    return [...lines, JSON.stringify({ ...changed, seq: (records.at(-1)?.seq ?? 0) + 1 }), ""];
  });
}

describe("a live session", () => {
  test("of a higher incarnation than the record's is the agent's own", async () => {
    const { daemon, before, asked } = await orphans();
    for (const name of NAMES) rewriteRecord(daemon.home, name, { incarnation: 1, session: null, status: "stopped" });
    const next = await daemon.startAgain();
    for (const status of before) await expectTakenOver(next, status, asked);
  });

  test("of a lower incarnation than the record's is ended and reported, and only then the agent is started", async () => {
    const { daemon, before } = await orphans();
    for (const name of NAMES) rewriteRecord(daemon.home, name, { incarnation: 9, session: null, status: "stopped" });
    const next = await daemon.startAgain();
    for (const { agent, pid } of before) {
      const { agents } = await next.call("agent.start", { agent, wait: true });
      expect(agents).toMatchObject([{ state: "running", incarnation: 10 }]);
      await expectAlone(next.home, agent, agents[0]?.pid);
      expect(isRunning(pid ?? 0)).toBe(false);
      expect((await next.event("agent.exited", agent)).data).toMatchObject({ incarnation: 2 });
    }
    await next.hasLogged("a later one has replaced");
  });

  test("that ignores its end is killed once its grace is over", async () => {
    const stubborn = sh('trap "" TERM; echo up; while :; do sleep 0.05; done', {
      ready: { output: "up" },
      stop: { grace: "200ms" },
    });
    const { daemon, before } = await orphans({ stubborn });
    rewriteRecord(daemon.home, "stubborn", { incarnation: 9, session: null, status: "stopped" });
    const next = await daemon.startAgain();
    await next.until("stubborn", ({ incarnation, ready }) => incarnation === 10 && ready);
    expect(isRunning(before[0]?.pid ?? 0)).toBe(false);
  });
});

describe("what was wrong", () => {
  test("is told by health, with the name of each file that was kept, until the next daemon; and by the log", async () => {
    const { daemon } = await orphans({ plain });
    onEach((file) => writeFileSync(file, "\0garbage"))(daemon.home);
    const next = await daemon.startAgain();
    const { health } = await next.call("daemon.status", {});
    expect(health.status).toBe("degraded");
    for (const name of STATE_FILES) {
      const reason = health.reasons.find((each) => each.includes(name)) ?? "";
      const kept = /kept as (\S+)/.exec(reason)?.[1] ?? "";
      expect(readFileSync(kept, "utf8")).toBe("\0garbage");
      await next.hasLogged(kept);
    }
    await next.kill();
    const last = await next.startAgain();
    expect(await last.call("daemon.status", {})).toMatchObject({ health: { status: "ok" } });
  });

  test.each([
    ["a pipe", (path: string) => execFileSync("mkfifo", [path])],
    ["a directory", (path: string) => mkdirSync(path)],
  ])("is told of %s in place of the daemon's log, which is kept aside", async (_what, make) => {
    const home = newHome();
    const logs = join(home, "logs");
    mkdirSync(logs, { mode: 0o700 });
    make(join(logs, "daemon.log"));
    const daemon = await startDaemon({ home });
    await daemon.hasLogged("what stood in the place of this log is no file");
    const kept = readdirSync(logs).filter((name) => name.startsWith("daemon.log.bad-"));
    expect(kept).toHaveLength(1);
    expect(statSync(join(logs, `${kept}`)).isFile()).toBe(false);
  });

  test("is told of a journal that is missing", async () => {
    const { daemon } = await orphans({ plain });
    rmSync(join(daemon.home, "journal.ndjson"));
    const next = await daemon.startAgain();
    const { health } = await next.call("daemon.status", {});
    expect(health).toEqual({ status: "degraded", reasons: [expect.stringMatching(/journal\.ndjson.*missing/)] });
  });

  test.runIf(process.getuid?.() === 0)("with files that may not be read is told, and they are kept", async () => {
    const home = newHome();
    const files = STATE_FILES.map((name) => join(home, name));
    chownSync(home, NOBODY, NOBODY);
    const daemon = await startDaemon({ home, uid: NOBODY, config: { agents: { plain } } });
    const { agents } = await daemon.call("agent.start", { agent: "plain", wait: true });
    await daemon.kill();
    writeFileSync(join(home, "state.json"), "{}");
    for (const file of files) chmodSync(file, 0o000);
    const next = await daemon.startAgain();
    expect(await next.until("plain", ({ adopted }) => adopted)).toMatchObject({ pid: agents[0]?.pid });
    const { health } = await next.call("daemon.status", {});
    expect(health.reasons).toHaveLength(2);
    for (const reason of health.reasons) {
      expect(reason).toContain("EACCES");
      expect(existsSync(/kept as (\S+)/.exec(reason)?.[1] ?? "")).toBe(true);
    }
  });
});

test.runIf(process.getuid?.() === 0)(
  "state that cannot be written is refused with 1 and advice, and agents run on",
  async () => {
    const home = newHome();
    chownSync(home, NOBODY, NOBODY);
    const daemon = await startDaemon({ home, uid: NOBODY, config: { agents: { plain } } });
    const { agents } = await daemon.call("agent.start", { agent: "plain", wait: true });
    await daemon.kill();
    chmodSync(join(home, "journal.ndjson"), 0o400);
    const { code, stderr } = await runDaemon({ home, uid: NOBODY });
    expect(code).toBe(1);
    expect(stderr).toContain("EACCES");
    expect(stderr).toContain("read and write");
    expect(stderr).not.toMatch(/^ +at /m);
    chmodSync(join(home, "journal.ndjson"), 0o600);
    const next = await daemon.startAgain();
    expect(await next.until("plain", ({ adopted }) => adopted)).toMatchObject({ pid: agents[0]?.pid });
  },
);

/** Everything in a home but what a daemon that refuses it may write: its log and its candidacy. */
function contents(home: string): Record<string, string> {
  const names = readdirSync(home, { recursive: true, encoding: "utf8" }).sort();
  const untouched = names.filter((name) => !/^(logs|run)(\/|$)/.test(name) || name.startsWith("run/started/"));
  const files = untouched.filter((name) => statSync(join(home, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(home, name), "latin1")]));
}

test.each<[string, string]>([
  ["state.json", '{"version":2,"through":{"a":1}}'],
  ["journal.ndjson", '{"hearth":"journal","version":2}\n{"new":"things"}\n'],
])("a newer %s is refused with 78; nothing is touched, and agents run on", async (file, newer) => {
  const { daemon, before } = await orphans();
  const mine = readFileSync(join(daemon.home, file));
  writeFileSync(join(daemon.home, file), newer);
  const untouched = contents(daemon.home);
  const { code, stderr } = await runDaemon({ home: daemon.home });
  expect(code).toBe(78);
  expect(stderr).toContain("newer version");
  expect(contents(daemon.home)).toEqual(untouched);
  expect(before.map(({ pid }) => isRunning(pid ?? 0))).toEqual([true, true]);
  writeFileSync(join(daemon.home, file), mine);
  const next = await daemon.startAgain();
  for (const { agent, pid } of before)
    expect(await next.until(agent, ({ adopted }) => adopted)).toMatchObject({ pid, incarnation: 2 });
});

describe("left in the home by sessions that are over", () => {
  test("marks, pipes, gates and dead terminals are removed, and those of live sessions stay", async () => {
    const { daemon } = await orphans();
    const run = (...names: string[]): string => join(daemon.home, "run", ...names);
    const left = [run("started", "gone.4"), run("started", "plain.1"), run("stdin", "plain.1"), run("gate.clerk.1")];
    for (const file of left) writeFileSync(file, "");
    const mine = run("started", "a note");
    writeFileSync(mine, "not a mark");
    const tmux = (...args: string[]): string =>
      execFileSync("tmux", ["-S", join(daemon.home, "tmux.sock"), ...args], { encoding: "utf8" });
    tmux("new-session", "-d", "-s", "ghost", "true", ";", "set-option", "@hearth-incarnation", "4");
    const sessions = (): string => tmux("list-sessions", "-F", "#{session_name}");
    expect(sessions()).toContain("ghost");
    const next = await daemon.startAgain();
    await eventually(() => left.every((file) => !existsSync(file)), "what is left over is removed");
    await eventually(() => sessions() === "clerk\n", "the dead terminal is removed");
    expect(readdirSync(run("started")).sort()).toEqual(["a note", "clerk.2", "plain.2"]);
    expect(readdirSync(run("stdin"))).toEqual(["plain.2"]);
    await next.stop();
    expect(readdirSync(run("started"))).toEqual(["a note"]);
    onTestFinished(() => rmSync(mine, { force: true }));
  });

  test("a mark keeps its number from being used again, though nothing else tells of it", async () => {
    const { daemon, before } = await orphans({ plain });
    kill(before[0]?.pid);
    await eventually(() => !isRunning(before[0]?.pid ?? 0), "its end");
    remove(daemon.home);
    const next = await daemon.startAgain();
    const { agents } = await next.call("agent.start", { agent: "plain", wait: true });
    expect(agents).toMatchObject([{ incarnation: 3, restarts: 0, recentFailures: 0, lastExit: null }]);
  });
});
