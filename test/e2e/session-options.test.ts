// How a definition has its sessions run: with which umask, at which niceness, with stderr in which file.
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { newHome, sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { readIfThere } from "../support/read-if-there.js";

const KINDS = ["process", "tmux"] as const;

const NOBODY = 65_534;

const isRoot = process.getuid?.() === 0;

/** What a log and its backups hold, the oldest first; while it is rotated, anything. */
function textOf(log: string): string {
  const numbers = readdirSync(dirname(log)).map((name) => Number(name.slice(`${basename(log)}.`.length)));
  const backups = numbers.filter((number) => existsSync(`${log}.${number}`)).sort((one, other) => other - one);
  return [...backups.map((number) => `${log}.${number}`), log].map(readIfThere).join("");
}

describe.each(KINDS)("a session of the kind %s", (session) => {
  test("makes files with the umask of its definition, or with the daemon's", async () => {
    const own = sh("umask >own.new; mv own.new own; exec sleep 60", { session, umask: "027" });
    const inherited = sh("umask >daemon.new; mv daemon.new daemon; exec sleep 60", { session });
    const daemon = await startDaemon({ before: "umask 0072", config: { agents: { own, inherited } } });
    await daemon.call("agent.start", { agent: "*" });
    await eventually(() => ["own", "daemon"].every((name) => existsSync(daemon.path(name))), "both have written");
    expect(readFileSync(daemon.path("own"), "utf8")).toBe("0027\n");
    expect(readFileSync(daemon.path("daemon"), "utf8")).toBe("0072\n");
  });

  test("runs at the niceness of its definition, wherever the daemon's stands, and so do its children", async () => {
    const agent = sh("(nice; nice) >told.new; mv told.new told; exec sleep 60", { session, nice: 7 });
    const daemon = await startDaemon({ before: "renice -n 3 -p $$ >/dev/null", config: { agents: { agent } } });
    await daemon.call("agent.start", { agent: "agent" });
    await eventually(() => existsSync(daemon.path("told")), "the agent has written");
    expect(readFileSync(daemon.path("told"), "utf8")).toBe("7\n7\n");
  });

  test.runIf(isRoot)("that may not have its niceness fails at once, with the reason, and leaves nothing", async () => {
    const home = newHome();
    chownSync(home, NOBODY, NOBODY);
    const agents = { agent: sh("echo ran", { session, nice: -5 }) };
    const daemon = await startDaemon({ home, uid: NOBODY, config: { agents } });
    await daemon.call("agent.start", { agent: "agent" });
    const { data } = await daemon.event("agent.failed", "agent");
    expect(data).toEqual({ reason: "nice = -5 is not permitted to the daemon's user", recentFailures: 0 });
    const log = daemon.path("logs", "agents", "agent.log");
    expect(existsSync(log) ? readFileSync(log, "utf8") : "").toBe("");
  });
});

describe("stderr of its own", () => {
  const talks = (rest: Omit<AgentDefinition, "command">) => sh('echo "out $HEARTH_INCARNATION"; echo oops >&2', rest);

  test("goes to NAME.err.log beside the log, readable by nobody else, and is told in the status", async () => {
    const daemon = await startDaemon({ config: { agents: { "team/a": talks({ stderr: true }), plain: talks({}) } } });
    await daemon.call("agent.start", { agent: "*" });
    for (const agent of ["team/a", "plain"]) await daemon.event("agent.stopped", agent);
    const [log, stderrFile] = ["team%2Fa.log", "team%2Fa.err.log"].map((name) => daemon.path("logs", "agents", name));
    expect(await daemon.agent("team/a")).toMatchObject({ logFile: log, stderrFile });
    expect(await daemon.agent("plain")).not.toHaveProperty("stderrFile");
    expect([readFileSync(`${log}`, "utf8"), readFileSync(`${stderrFile}`, "utf8")]).toEqual(["out 1\n", "oops\n"]);
    expect(statSync(`${stderrFile}`).mode & 0o777).toBe(0o600);
  });

  test("is read and followed by `stream`; an agent that has none says where to look", async () => {
    const agents = { a: sh("echo out; echo oops >&2; exec sleep 60", { stderr: true }), plain: talks({}) };
    const daemon = await startDaemon({ config: { agents } });
    await daemon.call("logs.follow", { agent: "a", stream: "stderr" });
    await daemon.call("agent.start", { agent: "a" });
    expect(await daemon.wire.lines()).toEqual(["oops"]);
    const file = daemon.path("logs", "agents", "a.err.log");
    expect(await daemon.call("agent.logs", { agent: "a", stream: "stderr" })).toEqual({ lines: ["oops"], file });
    for (const method of ["agent.logs", "logs.follow"]) {
      const { error } = await daemon.wire.ask(method, { agent: "plain", stream: "stderr" });
      expect(error).toMatchObject({ message: '"plain" has no file for stderr.', data: { kind: "not-possible" } });
    }
  });

  test("goes to the file that is named, from hearth.toml's directory on, and is appended to", async () => {
    const home = newHome();
    mkdirSync(join(home, "own"));
    writeFileSync(join(home, "own", "a.err"), "earlier\n");
    const daemon = await startDaemon({ home, config: { agents: { a: talks({ stderr: "own/a.err" }) } } });
    await daemon.call("agent.start", { agent: "a" });
    await daemon.event("agent.stopped", "a");
    expect(readFileSync(join(home, "own", "a.err"), "utf8")).toBe("earlier\noops\n");
  });

  test("can be thrown away", async () => {
    const daemon = await startDaemon({ config: { agents: { a: talks({ stderr: "/dev/null" }) } } });
    await daemon.call("agent.start", { agent: "a" });
    await daemon.event("agent.stopped", "a");
    expect(readFileSync(daemon.path("logs", "agents", "a.log"), "utf8")).toBe("out 1\n");
    expect(await daemon.call("agent.logs", { agent: "a", stream: "stderr" })).toMatchObject({ lines: [] });
  });

  test.each([
    ["has no directory", "none/a.err", /^stderr: the directory .*\/none does not exist$/],
    ["has a file for a directory", "hearth.toml/a.err", /^stderr: .*\/hearth\.toml is not a directory$/],
    ["is a directory", "run", /^stderr: .*\/run is not a regular file$/],
    ["is a socket, which nobody may wait for", "daemon.sock", /^stderr: .*\/daemon\.sock is not a regular file$/],
  ])("into what %s fails at once, with the reason", async (_, stderr, reason) => {
    const daemon = await startDaemon({ config: { agents: { a: talks({ stderr }) } } });
    await daemon.call("agent.start", { agent: "a" });
    const { data } = await daemon.event("agent.failed", "a");
    expect(data).toEqual({ reason: expect.stringMatching(reason), recentFailures: 0 });
  });

  test("of an agent that is added can't be another's, nor a log", async () => {
    const daemon = await startDaemon({ config: { agents: { a: talks({ stderr: "a.err" }) } } });
    const definition = { name: "b", command: ["true"], stderr: daemon.path("a.err") };
    const { error } = await daemon.wire.ask("agent.add", definition);
    expect(error?.message).toBe(`stderr: ${daemon.path("a.err")} is the stderr file of "a" already`);
    const log = daemon.path("logs", "agents", "a.log");
    const refused = await daemon.wire.ask("agent.add", { ...definition, stderr: log });
    expect(refused.error?.message).toBe(`stderr: ${log} is among the logs of the home`);
    expect((await daemon.call("agent.list", {})).agents.map(({ agent }) => agent)).toEqual(["a"]);
  });

  test("makes an agent ready as its log does", async () => {
    const agents = { a: sh("echo listening >&2; exec sleep 60", { stderr: true, ready: { output: "listening" } }) };
    const daemon = await startDaemon({ config: { agents } });
    const { agents: started } = await daemon.call("agent.start", { agent: "a", wait: true });
    expect(started).toMatchObject([{ state: "running", ready: true }]);
  });

  test("is rotated within the same limits without a loss, also for an adopted session", async () => {
    const home = newHome();
    const script = `i=0; until [ -e enough ]; do i=$((i+1)); echo $i >&2; [ $((i % 100)) != 0 ] || sleep 0.01; done`;
    const agent = sh(`${script}; echo end >&2; exec sleep 60`, { autostart: true, stderr: "a.err" });
    const first = await startDaemon({
      home,
      config: {
        daemon: { heartbeat_interval: "100ms", log_max_size: "30KB", log_max_files: 1_000 },
        agents: { agent },
      },
    });
    const file = join(home, "a.err");
    const rotation = { data: { file, backup: `${file}.1` } };
    expect(await first.event("log.rotated", "agent")).toMatchObject(rotation);
    await first.kill();
    const next = await first.startAgain();
    expect(await next.event("log.rotated", "agent")).toMatchObject(rotation);
    writeFileSync(join(home, "enough"), "");
    // In this order: once the last line is there, a log that is within its limit is rotated no more.
    const isAtRest = () =>
      textOf(file).endsWith("end\n") && statSync(file).size <= 30_000 && !existsSync(`${file}.rotating`);
    await eventually(isAtRest, "the last line, and the last rotation");
    const lines = textOf(file).split("\n").slice(0, -2);
    expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
  });
});
