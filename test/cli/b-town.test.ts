import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import type { LifecycleRequest } from "../../protocol/methods.js";
import { environmentOfSession } from "../support/attached.js";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { hearth as anywhere, type Ran } from "./hearth.js";

const HEARTH = resolve(import.meta.dirname, "../../dist/hearth.js");
const IDLE = sh("exec sleep 1000", { autostart: true });
const DEAF = sh('trap "" TERM; echo deaf; while :; do sleep 0.05; done', {
  ...{ autostart: true, ready: { output: "deaf" }, stop: { grace: "500ms" } },
});
/** Ends when it is told to and there is a file `go` in the home. */
const UNHURRIED = sh(
  `trap 'until [ -e "$HEARTH_HOME/go" ]; do sleep 0.02; done; exit' TERM; echo up; while :; do sleep 0.05; done`,
  { autostart: true, ready: { output: "up" }, stop: { grace: "5m" } },
);

/** A command line of the operator. */
function hearth({ home }: TestDaemon, ...argv: string[]): Promise<Ran> {
  return anywhere(["--home", home, ...argv]);
}

/** A command line as the agent itself would run it, with nothing but its session's environment. */
async function inside(daemon: TestDaemon, agent: string, ...argv: string[]): Promise<Ran> {
  const { pid } = await daemon.until(agent, ({ state }) => state === "running");
  const environment = Object.entries(await environmentOfSession(pid));
  const env = Object.fromEntries(environment.filter(([name]) => name.startsWith("HEARTH_")));
  return anywhere(argv, { env });
}

function requestOf(ran: Ran): LifecycleRequest {
  return ran.json<{ request: LifecycleRequest }>().request;
}

describe("an agent that is a shell script", () => {
  it("does all with hearth alone: is poked, beats, hands over, and reads what it was left", async () => {
    const script = [
      '[ -n "$HEARTH_HANDOFF_FILE" ] && echo "file: $(cat "$HEARTH_HANDOFF_FILE")"',
      'echo "left: $($HEARTH handoff get)"',
      "$HEARTH ready",
      "while read -r line; do",
      '  $HEARTH beat --status "$line"',
      '  printf "%s" "from $HEARTH_INCARNATION" | $HEARTH cycle --self --handoff - --reason "$line"',
      "done",
    ].join("\n");
    const env = { HEARTH: `${process.execPath} ${HEARTH}` };
    const mayor = sh(script, { autostart: true, env, ready: { notify: true }, heartbeat: { poke: "session" } });
    const daemon = await startDaemon({ config: { agents: { mayor } } });
    await daemon.event("agent.ready", "mayor");
    expect(await hearth(daemon, "poke", "mayor", "full")).toMatchObject({
      code: 0,
      stdout: "mayor: delivered via session\n",
    });
    expect((await daemon.event("lifecycle.done", "mayor")).data).toMatchObject({ from: "mayor", reason: "full" });
    await daemon.event("agent.ready", "mayor");
    expect((await hearth(daemon, "logs", "mayor")).stdout).toContain("file: from 1\nleft: from 1\n");
    const page = await hearth(daemon, "status", "mayor");
    expect(page.stdout).toMatch(/last beat {2}\d.* ago\nlast poke {2}delivered via session/);
  });
});

describe("inside a session", () => {
  it("every verb is the agent's own, never the operator's", async () => {
    const config = { agents: { mayor: IDLE, db: IDLE } };
    const daemon = await startDaemon({ config });
    expect(await inside(daemon, "mayor", "shutdown", "db")).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("may_control"),
    });
    expect(await inside(daemon, "mayor", "poke", "db")).toMatchObject({ code: 6 });
    expect(await inside(daemon, "mayor", "handoff", "get", "db")).toMatchObject({ code: 6 });
    const own = await inside(daemon, "mayor", "restart", "--self", "--reason", "fresh", "--json");
    expect(requestOf(own)).toMatchObject({ from: "mayor", agent: "mayor", action: "restart", reason: "fresh" });
    await daemon.event("lifecycle.done", "mayor");
  });

  it("beat and ready print nothing, and --json tells when the next beat is due", async () => {
    const watched = { ...IDLE, heartbeat: { interval: "20s", when_missed: 3 } };
    const daemon = await startDaemon({ config: { agents: { mayor: watched } } });
    expect(await inside(daemon, "mayor", "ready")).toEqual(
      expect.objectContaining({ code: 0, stdout: "", stderr: "" }),
    );
    expect(await inside(daemon, "mayor", "beat")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await inside(daemon, "mayor", "beat", "--json")).json()).toEqual({ nextBeatWithinMs: 60_000 });
  });

  it("handoff put leaves exactly the bytes that handoff get prints", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const file = daemon.path("notes.md");
    writeFileSync(file, "état\r\n\x1b[1m\n");
    expect(await inside(daemon, "mayor", "handoff", "put", "--file", file)).toMatchObject({ code: 0, stdout: "" });
    expect((await hearth(daemon, "handoff", "get", "mayor")).stdout).toBe("état\r\n\x1b[1m\n");
    const onTerminal = await anywhere(["--home", daemon.home, "handoff", "get", "mayor"], { columns: 80 });
    expect(onTerminal.stdout).not.toContain("\x1b");
  });

  it("handoff put - takes standard input, or refuses it and leaves what is there", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const { pid } = await daemon.until("mayor", ({ state }) => state === "running");
    const env = { ...process.env, ...(await environmentOfSession(pid)) };
    const put = (input: string | Buffer) =>
      spawnSync(process.execPath, [HEARTH, "handoff", "put", "-"], { env, input, encoding: "utf8" });
    expect(put("note\n")).toMatchObject({ status: 0, stderr: "" });
    expect(put("x".repeat(1_100_000))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("larger than 1 MiB"),
    });
    expect(put(Buffer.of(0xff))).toMatchObject({ status: 2, stderr: expect.stringContaining("not UTF-8") });
    expect((await hearth(daemon, "handoff", "get", "mayor")).stdout).toBe("note\n");
  });
});

describe("a request", () => {
  it("is printed as accepted, and with --wait as it ended", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const accepted = requestOf(await hearth(daemon, "cycle", "mayor", "--handoff", "x", "--json"));
    expect(accepted).toMatchObject({ from: "operator", agent: "mayor", state: "accepted" });
    const waited = await hearth(daemon, "restart", "mayor", "--key", "k", "--wait", "--json");
    expect({ code: waited.code, stderr: waited.stderr, ...requestOf(waited) }).toMatchObject({
      ...{ code: 0, stderr: "", state: "done", action: "restart", incarnation: { before: 2, after: 3 } },
    });
    const again = await hearth(daemon, "restart", "mayor", "--key", "k", "--json");
    expect(requestOf(again)).toMatchObject({ id: requestOf(waited).id, state: "done" });
    const listed = (await hearth(daemon, "requests", "mayor", "-n", "1", "--json")).json();
    expect(listed).toEqual({ requests: [requestOf(waited)] });
    expect((await hearth(daemon, "shutdown", "mayor", "--wait")).stdout).toMatch(/^mayor: shutdown is done \(request /);
    expect(await daemon.agent("mayor")).toMatchObject({ state: "stopped", wanted: "down" });
  });

  it("that fails exits 1 and names the error", async () => {
    // Never ready, so that it has failed by the time its start is over.
    const crasher = sh("exit 3", { ready: { output: "up" }, restart: { max_attempts: 0 } });
    const daemon = await startDaemon({ config: { agents: { crasher } } });
    await hearth(daemon, "start", "crasher");
    const failed = await hearth(daemon, "cycle", "crasher", "--wait");
    expect(failed).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("cycle failed: the agent is in a crash loop"),
    });
    expect((await hearth(daemon, "requests", "--state", "failed")).stdout).toContain("crasher");
  });

  it("that is still under way when the time is up exits 5 and goes on", async () => {
    const daemon = await startDaemon({ config: { agents: { unhurried: UNHURRIED } } });
    await daemon.event("agent.ready", "unhurried");
    // Accepted before, since a busy disk may take longer for that than the wait is to last.
    const cycle = ["cycle", "unhurried", "--key", "k"];
    expect(await hearth(daemon, ...cycle)).toMatchObject({ code: 0 });
    expect(await hearth(daemon, ...cycle, "--wait", "--timeout", "3s")).toMatchObject({
      code: 5,
      stdout: "",
      stderr: expect.stringContaining("hint: It goes on: see `hearth requests unhurried`"),
    });
    writeFileSync(daemon.path("go"), "");
    expect((await daemon.event("lifecycle.done", "unhurried")).data).toMatchObject({
      incarnation: { before: 1, after: 2 },
    });
  });

  it("is waited for across a restart of the daemon", async () => {
    const daemon = await startDaemon({ config: { agents: { deaf: DEAF } } });
    await daemon.event("agent.ready", "deaf");
    const waiting = hearth(daemon, "cycle", "deaf", "--wait", "--json");
    await daemon.event("lifecycle.running", "deaf");
    await daemon.kill();
    const next = await daemon.startAgain();
    expect(requestOf(await waiting)).toMatchObject({ state: "done", incarnation: { before: 1, after: 2 } });
    expect(await next.agent("deaf")).toMatchObject({ state: "running", incarnation: 2 });
  });

  it("for an agent that does not exist exits 4, and without a daemon 3", async () => {
    const daemon = await startDaemon();
    expect(await hearth(daemon, "cycle", "nobody")).toMatchObject({ code: 4 });
    await daemon.stop();
    expect(await hearth(daemon, "cycle", "nobody")).toMatchObject({ code: 3 });
  });
});

describe("a poke", () => {
  it("that was not delivered exits 1 and says why", async () => {
    const script = "trap : USR1; echo up; while :; do sleep 0.05; done";
    const ready = { output: "up" };
    const signalled = sh(script, { autostart: true, ready, heartbeat: { poke: "signal:SIGUSR1" } });
    const daemon = await startDaemon({ config: { agents: { mute: IDLE, signalled } } });
    for (const agent of ["mute", "signalled"]) await daemon.until(agent, (status) => status.ready);
    expect(await hearth(daemon, "poke", "mute")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^mute: not delivered via none: .*heartbeat/),
    });
    const json = await hearth(daemon, "poke", "signalled", "--json");
    expect({ code: json.code, ...json.json() }).toEqual({ code: 0, delivered: true, via: "signal" });
    await hearth(daemon, "stop", "mute");
    expect(await hearth(daemon, "poke", "mute")).toMatchObject({ code: 1, stderr: expect.stringContaining("stopped") });
  });
});

describe("the past", () => {
  it("is shown of an agent that was removed, and of one that never was it is said that there is none", async () => {
    const daemon = await startDaemon({ config: { agents: { db: sh("sleep 1000") } } });
    await hearth(daemon, "run", "--name", "job", "--", "sleep", "1000");
    await hearth(daemon, "restart", "job", "--reason", "fresh", "--wait");
    await hearth(daemon, "remove", "job");
    for (const argv of [["requests"], ["events", "--agent"]]) {
      expect(await hearth(daemon, ...argv, "job")).toMatchObject({ code: 0, stdout: expect.stringContaining("job") });
      for (const nothing of ["db", "no*"]) expect(await hearth(daemon, ...argv, nothing)).toMatchObject({ code: 0 });
      const unknown = await hearth(daemon, ...argv, "dbb", "--json");
      expect({ code: unknown.code, ...unknown.json() }).toMatchObject({
        ...{ code: 4, error: { kind: "no-such-agent", message: expect.stringContaining("dbb") } },
      });
    }
    expect(await hearth(daemon, "events", "--agent", "job,dbb")).toMatchObject({ code: 4, stdout: "" });
  });
});

describe("events", () => {
  it("without -f are those that are kept, and --json is one array", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE, db: IDLE } } });
    await daemon.event("agent.ready", "db");
    const kept = await hearth(daemon, "events", "--agent", "db", "--type", "agent.starting,agent.ready", "--json");
    const events = kept.json<{ readonly seq: number }[]>();
    expect(events).toMatchObject([
      { type: "agent.starting", agent: "db" },
      { type: "agent.ready", agent: "db", data: { incarnation: 1 } },
    ]);
    expect(kept.stderr).toBe("");
    const later = await hearth(daemon, "events", "--agent", "db", "--since", String(events[0]?.seq));
    expect(later.stdout).not.toContain("agent.starting");
    expect(later.stdout).toContain("agent.ready");
  });

  it("with -f go on, each as one object a line with --json, until Ctrl-C", async () => {
    const daemon = await startDaemon({ config: { agents: { mayor: IDLE } } });
    const argv = [HEARTH, "--home", daemon.home, "events", "-f", "--since", "0", "--type", "beat", "--json"];
    await inside(daemon, "mayor", "beat", "--note", "one");
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await within(lines.next(), () => "an event")).value as string);
    expect(await next()).toMatchObject({ type: "beat", agent: "mayor", data: { note: "one" } });
    await inside(daemon, "mayor", "beat", "--note", "two");
    expect(await next()).toMatchObject({ type: "beat", data: { note: "two" } });
    child.kill("SIGINT");
    expect((await within(ended, () => "hearth ends"))[0]).toBe(130);
  });
});

describe("a tmux agent", () => {
  it("is looked at, poked, and attached to from a terminal, also from inside another tmux", async () => {
    const clerk = { command: "/bin/sh", session: "tmux" as const, autostart: true, stop: { grace: "100ms" } };
    const daemon = await startDaemon({ config: { agents: { clerk } } });
    await daemon.until("clerk", ({ state }) => state === "running");
    expect(await hearth(daemon, "poke", "clerk", "echo hello-$((40 + 2))")).toMatchObject({ code: 0 });
    await eventually(
      async () => (await hearth(daemon, "capture", "clerk", "-n", "5")).stdout.includes("hello-42"),
      "the terminal shows what was poked",
    );
    await attachedFromOuterTmux(daemon, "clerk");
    expect(await hearth(daemon, "attach", "clerk")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("hearth capture clerk"),
    });
    expect(await daemon.agent("clerk")).toMatchObject({ state: "running", incarnation: 1 });
  });

  it("that is none, or does not run, is not attached to", async () => {
    const clerk = { command: "/bin/sh", session: "tmux" as const };
    const doomed = { ...clerk, command: ["false"], autostart: true, restart: { max_attempts: 0 } };
    const daemon = await startDaemon({ config: { agents: { clerk, doomed, mayor: IDLE } } });
    expect(await hearth(daemon, "attach", "clerk")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("hearth start clerk"),
    });
    await daemon.until("doomed", ({ state }) => state === "failed");
    expect(await hearth(daemon, "attach", "doomed")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("hearth start --reset doomed"),
    });
    expect(await hearth(daemon, "attach", "mayor")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("plain process"),
    });
    expect((await hearth(daemon, "capture", "mayor")).code).toBe(1);
  });
});

/** A person who sits in a tmux of their own; the server ends before this returns. */
async function attachedFromOuterTmux({ home }: TestDaemon, agent: string): Promise<void> {
  const outer = (...args: string[]) => spawnSync("tmux", ["-S", join(home, "outer.sock"), "-f", "/dev/null", ...args]);
  const program = [process.execPath, HEARTH, "--home", home, "attach", agent];
  expect(outer("new-session", "-d", "-s", "person", ...program).status).toBe(0);
  try {
    const clients = () => spawnSync("tmux", ["-S", join(home, "tmux.sock"), "list-clients", "-F", "#{session_name}"]);
    await eventually(() => clients().stdout.toString() === `${agent}\n`, "the person looks at the agent");
  } finally {
    outer("kill-server");
  }
}
