// Somebody deletes the home, the lock or the sockets under a running daemon: it notices within moments, and no agent is
// doubled, orphaned or left behind.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { configure, newHome, readDescriptor, runDaemon, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import { isRunning, kill, processesOf } from "../support/processes.js";

const UP = { autostart: true, ready: { output: "up" } } as const;
/** Ends at once, ends after a moment, and has a child. */
const AGENTS = {
  quick: sh("echo up; exec sleep 600", UP),
  slow: sh("trap 'sleep 0.5; exit' TERM; echo up; while :; do sleep 0.05; done", UP),
  "team/parent": sh("sleep 600 & echo up; wait", UP),
};
const CONFIG = { agents: AGENTS };

async function running(daemon: TestDaemon): Promise<number[]> {
  const statuses = await Promise.all(Object.keys(AGENTS).map((name) => daemon.until(name, ({ ready }) => ready)));
  return statuses.map(({ pid }) => pid ?? 0);
}

function removeLocks(home: string): void {
  const run = join(home, "run");
  for (const name of readdirSync(run)) if (name.startsWith("lock.")) rmSync(join(run, name));
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

describe("without its lock nobody could adopt a daemon's agents, so it stops them and exits at once", () => {
  test.each<[string, (home: string) => void]>([
    ["the lock was deleted", removeLocks],
    ["the lock was moved", (home) => renameSync(join(home, "run/lock.1"), join(home, "lock"))],
    ["run was deleted", (home) => rmSync(join(home, "run"), { recursive: true })],
    [
      "run was replaced",
      (home) => {
        renameSync(join(home, "run"), join(home, "run.old"));
        mkdirSync(join(home, "run"), { mode: 0o700 });
      },
    ],
    ["the home was emptied", (home) => execFileSync("/bin/sh", ["-c", 'rm -rf "$1"/*', "sh", home])],
    ["the home was moved", (home) => renameSync(home, `${home}-moved`)],
  ])("%s", async (_what, destroy) => {
    const daemon = await startDaemon({ config: CONFIG });
    const pids = await running(daemon);
    destroy(daemon.home);
    onTestFinished(() => rmSync(`${daemon.home}-moved`, { recursive: true, force: true }));
    expect(await within(daemon.ended, () => "the daemon ends")).toMatchObject({ code: 1 });
    expect(pids.filter(isRunning)).toEqual([]);
    expect(processesOf(daemon.home)).toEqual([]);
  });

  test("the home was deleted, and nothing of it comes back, nor keeps it from being deleted", async () => {
    for (let round = 0; round < 5; round++) {
      const daemon = await startDaemon({ config: CONFIG });
      await running(daemon);
      execFileSync("rm", ["-rf", daemon.home]);
      expect(await within(daemon.ended, () => "the daemon ends")).toMatchObject({ code: 1 });
      expect(existsSync(daemon.home)).toBe(false);
      expect(processesOf(daemon.home)).toEqual([]);
    }
  });

  test.each<[string, (home: string) => void]>([
    ["run", (home) => rmSync(join(home, "run"), { recursive: true })],
    ["the home", (home) => execFileSync("rm", ["-rf", home])],
  ])(
    "with the marks and tmux's socket in it, %s: no stubborn child and no tmux server stays",
    async (_what, destroy) => {
      const stubborn = "setsid sh -c 'trap \"\" TERM; sleep 600' & echo up; exec sleep 600";
      const daemon = await startDaemon({
        config: {
          agents: {
            parent: sh(stubborn, { ...UP, stop: { grace: "500ms" } }),
            terminal: sh("exec sleep 600", { autostart: true, session: "tmux" }),
          },
        },
      });
      await daemon.until("parent", ({ ready }) => ready);
      const { pid } = await daemon.until("terminal", ({ ready }) => ready);
      const server = parentOf(pid ?? 0);
      destroy(daemon.home);
      expect(await within(daemon.ended, () => "the daemon ends")).toMatchObject({ code: 1 });
      expect(processesOf(daemon.home)).toEqual([]);
      await eventually(() => !isRunning(server), "the tmux server ends");
    },
  );

  test("agents that stop at once are started again by the next daemon", async () => {
    const daemon = await startDaemon({ config: CONFIG });
    await running(daemon);
    removeLocks(daemon.home);
    await daemon.ended;
    expect(existsSync(daemon.path("daemon.json"))).toBe(false);
    const next = await daemon.startAgain();
    expect(await next.until("quick", ({ ready }) => ready)).toMatchObject({ incarnation: 2, restarts: 0 });
  });

  test("a home that is made anew meanwhile is left alone, and the old agents end all the same", async () => {
    const daemon = await startDaemon({ config: CONFIG });
    const pids = await running(daemon);
    execFileSync("rm", ["-rf", daemon.home]);
    mkdirSync(daemon.home, { mode: 0o700 });
    configure(daemon.home, { agents: { other: sh("exec sleep 600", { autostart: true }) } });
    const next = await daemon.startAgain();
    // Either daemon may come first: the new one finds them alive, and nobody defines them any more.
    const { code } = await within(daemon.ended, () => "the old daemon ends");
    expect([1, 78]).toContain(code);
    await eventually(() => pids.filter(isRunning).length === 0, "the old agents end");
    expect(readDescriptor(daemon.path("daemon.json"))).toEqual(next.descriptor);
    expect(await next.until("other", ({ ready }) => ready)).toMatchObject({ incarnation: 1 });
    await eventually(() => processesOf(daemon.home).length === 2, "nothing but the new daemon and its agent is left");
  });

  test("even where the kernel has no file watch left: at the next heartbeat", async () => {
    const withoutInotify = "echo 0 >/proc/sys/user/max_inotify_instances";
    const daemon = await startDaemon({
      config: { daemon: { heartbeat_interval: "300ms" }, agents: { a: sh("exec sleep 600", { autostart: true }) } },
      before: `exec unshare --user --map-root-user /bin/sh -c '${withoutInotify}; exec "$@"' sh "$@"`,
    });
    const { pid } = await daemon.until("a", ({ ready }) => ready);
    await daemon.hasLogged("deleted files are noticed late");
    removeLocks(daemon.home);
    expect(await within(daemon.ended, () => "the daemon ends")).toMatchObject({ code: 1 });
    expect(isRunning(pid ?? 0)).toBe(false);
  });
});

describe("a daemon whose lock was deleted while it was halted, and whose home another one leads by now", () => {
  const FLAKY = sh(
    '[ "$HEARTH_INCARNATION" = 1 ] || exec sleep 600; until [ -e "$HEARTH_HOME/fail" ]; do sleep 0.05; done; exit 1',
    {
      autostart: true,
      restart: { backoff: "1s", jitter: 0 },
    },
  );

  test("leaves it the agents and exits 78, and touches nothing", async () => {
    const old = await startDaemon({ config: { agents: { ...AGENTS, flaky: FLAKY } } });
    const pids = await running(old);
    writeFileSync(old.path("fail"), "");
    await old.event("agent.backoff", "flaky");
    old.signal("SIGSTOP");
    removeLocks(old.home);
    const next = await old.startAgain();
    for (const name of Object.keys(AGENTS)) await next.until(name, ({ adopted }) => adopted);
    // The halted daemon has a timer for this one too, which is overdue when it goes on.
    const flaky = await next.until("flaky", ({ ready }) => ready);
    const files = () => readFileSync(next.path("journal.ndjson"), "utf8");
    const journal = files();
    old.signal("SIGCONT");
    expect(await within(old.ended, () => "the old daemon ends")).toMatchObject({ code: 78 });

    expect(files()).toBe(journal);
    expect(await running(next)).toEqual(pids);
    expect(await next.agent("flaky")).toMatchObject({ pid: flaky.pid, state: "running" });
    expect(readDescriptor(next.path("daemon.json"))).toEqual(next.descriptor);
    const client = await next.attach();
    expect(await client.call("daemon.status", {})).toMatchObject({ pid: next.pid });
    client.close();
    // The daemon, four agents, and the child of one and the pause of another.
    const sleepers = () => processesOf(old.home).filter(({ command }) => command.startsWith("sleep 600"));
    await eventually(() => sleepers().length === 3, "those that are to sleep do");
    await next.hasLogged(`another daemon (pid ${next.pid}) leads`);
  });

  test("also when it is stopping its agents, slowly, as the other one comes", async () => {
    const stubborn = sh("trap '' TERM; echo up; while :; do sleep 0.05; done", {
      ...UP,
      stop: { grace: "30s" },
      // One that came after its end would take that grace at the end of the test.
      restart: { policy: "never" },
    });
    const old = await startDaemon({ config: { agents: { stubborn } } });
    const { pid } = await old.until("stubborn", ({ ready }) => ready);
    removeLocks(old.home);
    await old.until("stubborn", ({ state }) => state === "stopping");
    const next = await old.startAgain();
    expect(await within(old.ended, () => "the old daemon ends")).toMatchObject({ code: 78 });
    expect(await next.agent("stubborn")).toMatchObject({ pid, incarnation: 1 });
    kill(pid);
  });
});

describe("a file that clients need is put back while the agents go on", () => {
  async function restored(daemon: TestDaemon, what: string): Promise<void> {
    await eventually(() => existsSync(daemon.path(what)), `${what} is back`);
  }

  test.each(["daemon.json", "daemon.sock"])("%s", async (name) => {
    const daemon = await startDaemon({ config: CONFIG });
    const pids = await running(daemon);
    for (let round = 0; round < 2; round++) {
      rmSync(daemon.path(name));
      await restored(daemon, name);
    }
    await eventually(() => existsSync(daemon.path("daemon.json")), "the descriptor is there");
    expect(readDescriptor(daemon.path("daemon.json"))).toEqual(daemon.descriptor);
    const client = await daemon.attach();
    expect(await client.call("daemon.status", {})).toMatchObject({ pid: daemon.pid });
    client.close();
    expect(await running(daemon)).toEqual(pids);
  });

  test.each<[string, (logs: string) => void]>([
    ["daemon.log, into which it goes on to write", (logs) => rmSync(join(logs, "daemon.log"))],
    ["the directory of the logs, and daemon.log with it", (logs) => rmSync(logs, { recursive: true })],
    ["the logs when they were moved", (logs) => renameSync(logs, `${logs}.old`)],
  ])("%s", async (_what, remove) => {
    // The log itself is looked at with each heartbeat.
    const daemon = await startDaemon({ config: { ...CONFIG, daemon: { heartbeat_interval: "1s" } } });
    const pids = await running(daemon);
    for (let round = 0; round < 2; round++) {
      rmSync(daemon.path("logs.old"), { recursive: true, force: true });
      remove(daemon.path("logs"));
      await restored(daemon, "logs/daemon.log");
    }
    expect(await running(daemon)).toEqual(pids);
    await daemon.call("agent.restart", { agent: "quick" });
    await daemon.hasLogged("agent.ready");
  });

  test("both names of the socket, so that it has none by which it could be found again", async () => {
    const daemon = await startDaemon({ config: CONFIG });
    const pids = await running(daemon);
    for (const name of readdirSync(daemon.path("run"))) if (name.endsWith(".sock")) rmSync(daemon.path("run", name));
    rmSync(daemon.path("daemon.sock"));
    await restored(daemon, "daemon.sock");
    expect(await running(daemon)).toEqual(pids);
    expect(await runDaemon({ home: daemon.home })).toMatchObject({ code: 78 });
  });
});

describe("the runtime directory of a home with a long path is deleted", () => {
  async function withoutDirectory(args: readonly string[] = []) {
    const daemon = await startDaemon({ home: newHome(`${"x".repeat(150)}-`), config: CONFIG, args });
    const directory = dirname(daemon.descriptor.socketPath);
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const pids = await running(daemon);
    rmSync(directory, { recursive: true });
    await eventually(() => existsSync(daemon.descriptor.socketPath), "the socket is back");
    return { daemon, directory, pids };
  }

  test("the same daemon can be reached again, and no other takes its place", async () => {
    const { daemon, directory, pids } = await withoutDirectory();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(await running(daemon)).toEqual(pids);
    expect(await runDaemon({ home: daemon.home })).toMatchObject({ code: 78 });
    await daemon.stop();
    expect(existsSync(directory)).toBe(false);
  });

  test("its successor takes the agents over", async () => {
    const { daemon, pids } = await withoutDirectory(["--detached"]);
    const wire = await daemon.attach();
    await wire.call("daemon.restart", {});
    const successor = await daemon.successor();
    expect(await running(successor)).toEqual(pids);
    await successor.shutDown();
  });

  test("after a kill -9 too, nothing of it piles up", async () => {
    const { daemon, directory, pids } = await withoutDirectory();
    await daemon.kill();
    const next = await daemon.startAgain();
    expect(await running(next)).toEqual(pids);
    expect(readdirSync(directory).filter((name) => name.startsWith("s."))).toHaveLength(1);
    await next.stop();
    expect(existsSync(directory)).toBe(false);
  });
});
