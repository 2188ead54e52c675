// An agent's output: one append-only file that outlives the daemon, loses nothing and is rotated when a session starts.
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newHome, sh, startDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";

test("output of every session is appended to one file, readable by nobody else", async () => {
  const daemon = await startDaemon({
    config: { agents: { "team/a": sh("echo session $HEARTH_INCARNATION; echo err >&2") } },
  });
  for (const _session of [1, 2]) {
    await daemon.call("agent.start", { agent: "team/a" });
    await daemon.event("agent.stopped", "team/a");
  }
  const file = daemon.path("logs", "agents", "team%2Fa.log");
  expect(readFileSync(file, "utf8")).toBe("session 1\nerr\nsession 2\nerr\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await daemon.agent("team/a")).toMatchObject({ logFile: file });
});

test("the tail of an exiting program is kept to the last byte, also without a newline and with half a character", async () => {
  const script =
    'process.stdout.write(Buffer.concat([Buffer.alloc(5_000_000, "x"), Buffer.from("\\nend \\u00e9").subarray(0, -1)]))';
  const daemon = await startDaemon({ config: { agents: { a: { command: [process.execPath, "-e", script] } } } });
  await daemon.call("agent.start", { agent: "a" });
  await daemon.event("agent.stopped", "a");
  const log = readFileSync(daemon.path("logs", "agents", "a.log"));
  expect(log.length).toBe(5_000_006);
  expect(log.subarray(-6)).toEqual(Buffer.from("\nend \u00e9").subarray(0, -1));
});

test("a log over its limit is rotated when a session starts, and only so many backups are kept", async () => {
  const daemon = await startDaemon({
    config: {
      daemon: { log_max_size: "1KB", log_max_files: 2 },
      agents: { a: sh('echo "session $HEARTH_INCARNATION"') },
    },
  });
  const log = daemon.path("logs", "agents", "a.log");
  for (const _session of [1, 2, 3, 4]) {
    await daemon.call("agent.start", { agent: "a" });
    await daemon.event("agent.stopped", "a");
    // Not by the session: one that is alive a second after its start is looked at, and its log is rotated there and then.
    appendFileSync(log, "x".repeat(2_000));
  }
  const sessions = [log, `${log}.1`, `${log}.2`].map((file) => readFileSync(file, "utf8").split("\n")[0]);
  expect(sessions).toEqual(["session 4", "session 3", "session 2"]);
  expect(existsSync(`${log}.3`)).toBe(false);
  expect(await daemon.event("log.rotated", "a")).toMatchObject({ data: { file: log, backup: `${log}.1` } });
});

test("an agent writes on, and nothing is lost, while its daemon is dead", async () => {
  const home = newHome();
  const script = `i=0; while [ ! -e ${home}/enough ]; do i=$((i+1)); echo $i; sleep 0.005; done; echo end`;
  const daemon = await startDaemon({
    home,
    config: { agents: { a: sh(script, { autostart: true, ready: { output: "3" } }) } },
  });
  await daemon.until("a", ({ ready }) => ready);
  await daemon.kill();
  const log = daemon.path("logs", "agents", "a.log");
  const sizeAtDeath = statSync(log).size;
  await eventually(() => statSync(log).size > sizeAtDeath + 50, "the agent writes without its daemon");
  const next = await daemon.startAgain();
  writeFileSync(`${home}/enough`, "");
  await next.event("agent.exited", "a");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines.slice(0, -1)).toEqual(lines.slice(0, -1).map((_, index) => String(index + 1)));
  expect(lines.at(-1)).toBe("end");
});

test("logs.follow shows the last lines, then new ones, across a restart and a rotation", async () => {
  const script = 'echo "begin $HEARTH_INCARNATION"; head -c 2000 /dev/zero | tr "\\0" x; echo; exec sleep 60';
  const daemon = await startDaemon({ config: { daemon: { log_max_size: "1KB" }, agents: { a: sh(script) } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const last = async () => (await daemon.call("agent.logs", { agent: "a", lines: 1 })).lines[0];
  await eventually(async () => (await last()) === "x".repeat(2000), "the first session has written");
  const { subscription } = await daemon.call("logs.follow", { agent: "a", lines: 1 });
  expect(await daemon.wire.lines()).toEqual(["x".repeat(2000)]);
  for (const session of [2, 3]) {
    await daemon.call("agent.restart", { agent: "a", wait: true });
    const lines: string[] = [];
    while (lines.length < 2) lines.push(...(await daemon.wire.lines()));
    expect(lines).toEqual([`begin ${session}`, "x".repeat(2000)]);
  }
  await daemon.call("events.unsubscribe", { subscription });
});

test("the daemon's own log is JSON lines, and can be followed like an agent's", async () => {
  const daemon = await startDaemon();
  await daemon.hasLogged("the daemon has started");
  await daemon.call("logs.follow", { agent: "daemon", lines: 10 });
  const entries = (await daemon.wire.lines()).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries).toContainEqual(
    expect.objectContaining({ level: "info", message: "the daemon has started", pid: daemon.pid }),
  );
});
