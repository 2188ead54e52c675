// What a session is given: its environment, its limits, and nothing that was the daemon's own.
import { execFileSync } from "node:child_process";
import { realpathSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { attachAs, environmentOfSession } from "../support/attached.js";
import { newHome, runDaemon, sh, startDaemon } from "../support/daemon.js";

test("env goes over env_file, which goes over the daemon's environment; HEARTH_* is the session's own", async () => {
  const home = newHome();
  writeFileSync(`${home}/agent.env`, "FROM_FILE=file\nFROM_BOTH=file\nINHERITED=file\n");
  const daemon = await startDaemon({
    home,
    env: { INHERITED: "daemon", UNTOUCHED: "daemon" },
    config: {
      agents: {
        "team/a": sh("exec sleep 60", { env_file: "agent.env", env: { FROM_BOTH: "table" }, autostart: true }),
      },
    },
  });
  const { pid } = await daemon.until("team/a", ({ ready }) => ready);
  const environment = await environmentOfSession(pid);
  expect(environment).toMatchObject({
    FROM_FILE: "file",
    FROM_BOTH: "table",
    INHERITED: "file",
    UNTOUCHED: "daemon",
    HEARTH_HOME: home,
    HEARTH_SOCKET: daemon.descriptor.socketPath,
    HEARTH_AGENT: "team/a",
    HEARTH_INCARNATION: "1",
  });
  expect(environment.HEARTH_TOKEN).not.toBe(daemon.descriptor.token);
});

test("a daemon started from inside an agent, in a terminal, or by a service manager, passes nothing of that on", async () => {
  const leaks = {
    HEARTH_AGENT: "outer",
    HEARTH_TOKEN: "outer-token",
    HEARTH_HANDOFF_FILE: "/outer",
    HEARTHD_NOFILE: "512",
    LISTEN_FDS: "1",
    LISTEN_PID: "1",
    NOTIFY_SOCKET: "/run/notify",
    WATCHDOG_USEC: "1",
    INVOCATION_ID: "x",
    TMUX: "/outer.sock,1,0",
    TMUX_PANE: "%1",
    STY: "outer",
    WINDOW: "1",
  };
  const daemon = await startDaemon({
    env: leaks,
    config: { agents: { inner: sh("exec sleep 60", { autostart: true }) } },
  });
  const { pid } = await daemon.until("inner", ({ ready }) => ready);
  const environment = await environmentOfSession(pid);
  expect(
    Object.keys(environment).filter((name) =>
      /^(LISTEN_|NOTIFY|WATCHDOG|INVOCATION|HEARTHD_|TMUX|STY|WINDOW)/.test(name),
    ),
  ).toEqual([]);
  expect(
    Object.keys(environment)
      .filter((name) => name.startsWith("HEARTH"))
      .sort(),
  ).toEqual(["HEARTH_AGENT", "HEARTH_HOME", "HEARTH_INCARNATION", "HEARTH_SOCKET", "HEARTH_TOKEN"]);
  expect(environment.HEARTH_AGENT).toBe("inner");
});

test("an environment that a restart brings along takes the daemon's place, through every end of the daemon", async () => {
  const daemon = await startDaemon({
    env: { OLD: "daemon" },
    config: { agents: { a: sh("exec sleep 60", { env: { OVER: "definition" } }) } },
  });
  const environment = async (of = daemon) => environmentOfSession((await of.agent("a")).pid);
  await daemon.call("agent.start", { agent: "a", wait: true });
  const env = { PATH: `${process.env.PATH}:/new`, OVER: "client", HEARTH_AGENT: "other", HEARTH_TOKEN: "stolen" };
  await daemon.call("agent.restart", { agent: "a", env, wait: true });
  const given = {
    PATH: env.PATH,
    OVER: "definition",
    HEARTH_AGENT: "a",
    HEARTH_TOKEN: expect.not.stringMatching("stolen"),
  };
  expect(await environment()).toMatchObject(given);
  expect(await environment()).not.toHaveProperty("OLD");
  await daemon.kill();
  const next = await daemon.startAgain();
  await next.until("a", ({ adopted }) => adopted);
  await next.call("agent.restart", { agent: "a", wait: true });
  expect(await environment(next)).toMatchObject(given);
  await next.call("agent.restart", { agent: "a", env: null, wait: true });
  expect(await environment(next)).toMatchObject({ OLD: "daemon", PATH: process.env.PATH });
});

test("an agent may restart itself, but bring no environment along", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60", { autostart: true }) } } });
  const agent = await attachAs(daemon, "a");
  const { error } = await agent.ask("agent.restart", { agent: "a", env: { LD_PRELOAD: "/evil.so" } });
  expect(error).toMatchObject({ code: -32003, message: "The caller may not give an agent an environment." });
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 1 });
});

test("umask and the soft limit of descriptors are the starter's, not Node's", async () => {
  const daemon = await startDaemon({
    before: "umask 0027; ulimit -S -n 300",
    env: { HEARTHD_NOFILE: "300" },
    config: { agents: { a: sh("umask; ulimit -S -n; echo end") } },
  });
  await daemon.call("agent.start", { agent: "a" });
  await daemon.event("agent.stopped", "a");
  const { lines } = await daemon.call("agent.logs", { agent: "a" });
  expect(lines).toEqual(["0027", "300", "end"]);
});

test("an agent gets no descriptors but its own three, and /dev/null to read from", async () => {
  const daemon = await startDaemon({
    // One that the starter leaves open, with a number that Node does not look after and only bash can give.
    before: `exec bash -c 'exec 40</dev/null; exec "$@"' bash "$@"`,
    config: { agents: { a: sh("ls /proc/$$/fd; readlink /proc/$$/fd/0; cat") } },
  });
  await daemon.call("agent.start", { agent: "a" });
  await daemon.event("agent.stopped", "a");
  const { lines } = await daemon.call("agent.logs", { agent: "a" });
  expect(lines).toEqual(["0", "1", "2", "/dev/null"]);
});

test("relative paths start where hearth.toml is, and an agent leads a session of its own", async () => {
  const daemon = await startDaemon({
    config: { agents: { a: sh("pwd; cut -d ' ' -f 1,5,6 /proc/$$/stat", { cwd: "." }) } },
  });
  await daemon.call("agent.start", { agent: "a" });
  await daemon.event("agent.stopped", "a");
  const { data } = await daemon.event("agent.running", "a");
  const { lines } = await daemon.call("agent.logs", { agent: "a" });
  expect(lines).toEqual([realpathSync(daemon.home), `${data.pid} ${data.pid} ${data.pid}`]);
});

test.each([
  [
    "a pipe, which nobody may wait for",
    "pipe.env",
    /pipe\.env: the env file cannot be read: it is not a regular file$/,
  ],
  ["a device that has no end", "/dev/zero", /\/dev\/zero: the env file cannot be read: it is not a regular file$/],
])("an env_file that is %s fails its agent at once, with the reason", async (_, file, reason) => {
  const home = newHome();
  execFileSync("mkfifo", [`${home}/pipe.env`]);
  const daemon = await startDaemon({ home, config: { agents: { a: sh("exec sleep 60", { env_file: file }) } } });
  await daemon.call("agent.start", { agent: "a" });
  const { data } = await daemon.event("agent.failed", "a");
  expect(data).toEqual({ reason: expect.stringMatching(reason), recentFailures: 0 });
});

test("an env_file that is missing fails its agent and names the file", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("true", { env_file: "missing.env" }) } } });
  const { agents } = await daemon.call("agent.start", { agent: "a", wait: true });
  expect(agents[0]).toMatchObject({ state: "failed", incarnation: 0 });
  expect(agents[0]?.lastExit?.reason).toContain("missing.env");
});

test.each(["../x", "a//b", "/a", "-a", "a b", "daemon"])(
  "an agent named %j is refused, in the file as over the socket",
  async (name) => {
    expect(await runDaemon({ config: { agents: { [name]: { command: "true" } } } })).toMatchObject({ code: 78 });
    const daemon = await startDaemon();
    expect((await daemon.wire.ask("agent.add", { name, command: "true" })).error).toMatchObject({ code: -32602 });
  },
);
