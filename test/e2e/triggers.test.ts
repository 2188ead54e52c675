// Restarts that nobody asks for by hand: too much memory, a schedule, files that change.
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { hearth } from "../cli/hearth.js";
import { attachAs } from "../support/attached.js";
import { canContain } from "../support/container.js";
import { configure, HEARTHD, newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";

const SLEEP = "exec sleep 60";
const QUICK = { debounce: "100ms" };

/** A home with a directory of files beside its hearth.toml. */
function homeWithFiles(...names: string[]): string {
  const home = newHome();
  mkdirSync(join(home, "app"));
  for (const name of names) writeFileSync(join(home, "app", name), "1");
  return home;
}

function save(home: string, ...path: string[]): void {
  writeFileSync(join(home, "app", ...path), String(Math.random()));
}

/** Resolves once the files of an agent have begun to be watched so many times. */
async function watched(daemon: TestDaemon, agent: string, times = 1): Promise<void> {
  const isOfAgent = (line: string): boolean => line.includes('"files are watched"') && line.includes(`"${agent}"`);
  const lines = (): string[] => readFileSync(daemon.descriptor.logFile, "utf8").split("\n");
  await eventually(() => lines().filter(isOfAgent).length >= times, `the files of ${agent} are watched`);
}

/** A daemon that watches for an agent `a`, whose files it has seen and which runs: what is still starting is not restarted. */
async function startWatching(home: string, definition: Omit<AgentDefinition, "command">): Promise<TestDaemon> {
  const daemon = await startDaemon({ home, config: { agents: { a: sh(SLEEP, { autostart: true, ...definition }) } } });
  await watched(daemon, "a");
  await daemon.until("a", ({ ready }) => ready);
  return daemon;
}

describe("an agent whose processes together use more than max_memory", () => {
  // Neither the leader nor either of its children is over the limit by itself.
  const grow = `python3 -c 'import time; x = bytearray(40_000_000); time.sleep(60)' &`;

  test("is stopped gracefully and restarted as after a failure, so that a leak ends in a crash loop", async () => {
    const daemon = await startDaemon({
      config: {
        daemon: { heartbeat_interval: "200ms" },
        agents: {
          leaks: sh(`trap "echo bye; exit 0" TERM; ${grow} ${grow} wait`, {
            autostart: true,
            max_memory: "70MB",
            restart: { max_attempts: 1, backoff: "0s" },
          }),
        },
      },
    });
    for (const incarnation of [1, 2]) {
      const { data } = await daemon.event("restart.due", "leaks");
      expect(data).toEqual({ incarnation, cause: "max-memory", detail: expect.stringMatching(/^\d+\.\d MB in use/) });
      expect((await daemon.event("agent.exited", "leaks")).data).toMatchObject({
        incarnation,
        code: 0,
        reason: `max-memory: ${data.detail}`,
      });
    }
    await daemon.event("agent.failed", "leaks");
    expect(await daemon.agent("leaks")).toMatchObject({ state: "failed", wanted: "down", restarts: 1 });
    expect((await daemon.call("agent.logs", { agent: "leaks" })).lines).toEqual(["bye", "bye"]);
  });
});

describe("an agent with a schedule", () => {
  const everySecond = { autostart: true, cron: "* * * * * *" };

  test("is restarted each time without counting it, says when it will be next, and is left alone once it is stopped", async () => {
    const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, everySecond) } } });
    for (const incarnation of [1, 2]) {
      expect((await daemon.event("restart.due", "a")).data).toEqual({
        incarnation,
        cause: "cron",
        detail: "* * * * * *",
      });
    }
    const status = await daemon.until("a", ({ incarnation, ready }) => incarnation >= 3 && ready);
    expect(status).toMatchObject({ restarts: 0, recentFailures: 0, lastExit: { reason: "cron: * * * * * *" } });
    expect(Date.parse(status.nextRestartAt ?? "")).toBeGreaterThan(Date.parse(status.startedAt ?? ""));
    const [stopped] = (await daemon.call("agent.stop", { agent: "a", wait: true })).agents;
    expect(stopped).toMatchObject({ state: "stopped" });
    expect(stopped).not.toHaveProperty("nextRestartAt");
  });

  test("loses and regains it with a reload, which restarts nothing", async () => {
    const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { ...everySecond, cron: "@yearly" }) } } });
    const { pid } = await daemon.until("a", ({ nextRestartAt }) => nextRestartAt !== undefined);
    configure(daemon.home, { agents: { a: sh(SLEEP, { autostart: true }) } });
    await daemon.call("daemon.reload", {});
    expect(await daemon.agent("a")).not.toHaveProperty("nextRestartAt");
    expect((await daemon.agent("a")).pid).toBe(pid);
    configure(daemon.home, { agents: { a: sh(SLEEP, everySecond) } });
    await daemon.call("daemon.reload", {});
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({ incarnation: 1 });
  });

  test("that cannot be met is refused when it is added", async () => {
    const daemon = await startDaemon();
    const { error } = await daemon.wire.ask("agent.add", { name: "a", command: "true", cron: "0 4 * *" });
    expect(error).toMatchObject({ data: { kind: "bad-config" }, message: expect.stringContaining("cron") });
    expect((await daemon.call("agent.list", {})).agents).toEqual([]);
  });
});

describe("an agent whose files are watched", () => {
  test("is restarted once for a burst of changes, and for none of what is ignored", async () => {
    const home = homeWithFiles("a.py");
    const daemon = await startWatching(home, { watch: { paths: ["app/*.py"], ignore: ["gen.py"], debounce: "1s" } });
    for (const name of ["notes.txt", "gen.py", "a.py", "a.py~", "b.py", "a.py"]) save(home, name);
    expect((await daemon.event("restart.due", "a")).data).toEqual({
      incarnation: 1,
      cause: "watch",
      detail: expect.stringMatching(/^app\/[ab]\.py and 1 more have changed$/),
    });
    const status = await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
    expect(status).toMatchObject({ restarts: 0, lastExit: { reason: expect.stringMatching(/^watch: app/) } });
  });

  test("waits while a directory that it names is gone, also one it works in, and is restarted when that is back", async () => {
    const home = homeWithFiles("a.py");
    const daemon = await startWatching(home, { cwd: "app", watch: QUICK });
    rmSync(join(home, "app"), { recursive: true });
    const { data } = await daemon.event("daemon.degraded");
    expect(data.reasons).toEqual([
      expect.stringMatching(/^a: its files are not watched: the directory .* is not there/),
    ]);
    mkdirSync(join(home, "app"));
    await daemon.event("daemon.recovered");
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({ incarnation: 1, cause: "watch" });
    await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
    save(home, "new.py");
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({ detail: "new.py has changed" });
  });

  test("is restarted though a file that it names was never there, and waits while one is gone that was", async () => {
    const home = homeWithFiles("a.py");
    const daemon = await startWatching(home, { watch: { paths: ["app/*.py", "app/later.cfg"], ...QUICK } });
    save(home, "a.py");
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({ detail: "app/a.py has changed" });
    await daemon.until("a", ({ incarnation, ready }) => incarnation === 2 && ready);
    save(home, "later.cfg");
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({ detail: "app/later.cfg has changed" });
    await daemon.until("a", ({ incarnation, ready }) => incarnation === 3 && ready);
    rmSync(join(home, "app", "later.cfg"));
    expect((await daemon.event("daemon.degraded")).data.reasons).toEqual([
      `a: its files are not watched: ${join(home, "app", "later.cfg")} is not there any more`,
    ]);
    save(home, "later.cfg");
    await daemon.event("daemon.recovered");
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({ incarnation: 3 });
  });

  test("is restarted when another directory takes the place of the watched one, and for what happens in that", async () => {
    const home = homeWithFiles("a.py");
    mkdirSync(join(home, "next"));
    writeFileSync(join(home, "next", "a.py"), "2");
    const daemon = await startWatching(home, { watch: { paths: ["app"], ...QUICK } });
    renameSync(join(home, "app"), join(home, "last"));
    renameSync(join(home, "next"), join(home, "app"));
    await daemon.event("restart.due", "a");
    await watched(daemon, "a", 2);
    const isOfNew = async (incarnation: number): Promise<boolean> => {
      // One that is still being restarted is not restarted once more.
      await daemon.until("a", (status) => status.incarnation === incarnation && status.ready);
      save(home, "new.py");
      const { data } = await daemon.event("restart.due", "a");
      return String(data.detail).includes("app/new.py");
    };
    for (let incarnation = 2; !(await isOfNew(incarnation)); incarnation++);
  });

  test("is watched from when its definition says so until it no longer does, without a restart for that", async () => {
    const home = homeWithFiles("a.py", "b.py");
    const daemon = await startWatching(home, { watch: { paths: ["app/a.py"], ...QUICK } });
    const b = sh(SLEEP, { autostart: true, watch: { paths: ["app/*.py"], ...QUICK } });
    configure(home, { agents: { a: sh(SLEEP, { autostart: true }), b } });
    await daemon.call("daemon.reload", {});
    await watched(daemon, "b");
    await daemon.until("b", ({ ready }) => ready);
    save(home, "a.py");
    expect((await daemon.event("restart.due", "b")).data).toMatchObject({ detail: "app/a.py has changed" });
    configure(home, { agents: { a: sh(SLEEP, { autostart: true, watch: { paths: ["app"], ...QUICK } }), b } });
    await daemon.call("daemon.reload", {});
    await watched(daemon, "a", 2);
    save(home, "b.py");
    expect((await daemon.event("restart.due", "a")).data).toMatchObject({
      incarnation: 1,
      detail: "app/b.py has changed",
    });
  });

  test("is not restarted in the middle of a cycle that waits for its handoff", async () => {
    const home = homeWithFiles("a.py");
    const watch = { paths: ["app"], ...QUICK };
    const daemon = await startWatching(home, { watch });
    const agent = await attachAs(daemon, "a");
    const { request } = await daemon.call("lifecycle.request", { agent: "a", action: "cycle" });
    await agent.receive(({ method }) => method === "handoff.requested", "the question for a handoff");
    await daemon.call("agent.add", { ...sh(SLEEP), name: "witness", watch: [join(home, "app")] });
    await daemon.call("agent.start", { agent: "witness", wait: true });
    await watched(daemon, "witness");
    // Its changes are quiet later than those of the agent, which has the shorter debounce.
    save(home, "a.py");
    await daemon.event("restart.due", "witness");
    expect(await daemon.agent("a")).toMatchObject({ state: "running", incarnation: 1 });
    await agent.call("handoff.put", { handoff: "carry on" });
    const done = await daemon.call("lifecycle.wait", { id: request.id });
    expect(done.request).toMatchObject({ state: "done", incarnation: { before: 1, after: 2 } });
  });

  test.runIf(canContain)("runs on when the machine has no watches left, and the daemon says so", async () => {
    const home = homeWithFiles(...Array.from({ length: 40 }, (_, index) => `${index}.py`));
    const daemon = await startDaemon({
      home,
      config: { agents: { a: sh(SLEEP, { autostart: true, watch: ["app"] }) } },
      before: `[ -n "$FEW" ] || FEW=1 exec unshare --user --map-root-user /bin/sh -c '
        echo 30 > /proc/sys/user/max_inotify_watches; exec "$@"' sh "$@"`,
    });
    const { data } = await daemon.event("daemon.degraded");
    expect(data.reasons).toEqual([expect.stringMatching(/^a: its files are not watched: .*max_user_watches/)]);
    expect(await daemon.until("a", ({ ready }) => ready)).toMatchObject({ incarnation: 1 });
    await daemon.call("agent.stop", { agent: "a", wait: true });
    await daemon.event("daemon.recovered");
  });
});

test("a daemon whose agents have neither schedules nor watched files needs nothing but its own file", async () => {
  const program = join(newHome(), "hearthd.cjs");
  copyFileSync(HEARTHD, program);
  const agents = { a: sh(SLEEP, { autostart: true, max_memory: "1GB" }) };
  const daemon = await startDaemon({ program, config: { agents } });
  await daemon.until("a", ({ ready }) => ready);
  const add = { jsonrpc: "2.0", id: 1, method: "agent.add", params: { name: "b", command: "true", cron: "@daily" } };
  await daemon.logs("hearthd-croner.cjs", () => daemon.wire.send(add));
});

test("hearth run takes max_memory, cron and watch for an agent of its own, in the current directory", async () => {
  const home = homeWithFiles("a.py");
  const daemon = await startDaemon({ home });
  const flags = ["--watch", "--max-memory", "1GB", "--cron", "@yearly", "--home", home];
  const ran = await hearth(["run", "--name", "a", ...flags, "--", "sleep", "60"], { cwd: join(home, "app") });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  await watched(daemon, "a");
  expect(await daemon.agent("a")).toHaveProperty("nextRestartAt");
  save(home, "a.py");
  expect((await daemon.event("restart.due", "a")).data).toMatchObject({ detail: "a.py has changed" });
});
