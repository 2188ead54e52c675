// Reading hearth.toml again: what changed is applied, what need not restart runs on, and a wrong file changes nothing.
import { expect, test } from "vitest";
import { configure, sh, startDaemon } from "../support/daemon.js";

const SLEEP = "exec sleep 60";

test("added, removed, changed and unchanged agents are told apart, and each is treated as it must be", async () => {
  const daemon = await startDaemon({
    config: {
      agents: {
        same: sh(SLEEP, { autostart: true }),
        gone: sh(SLEEP, { autostart: true }),
        command: sh(SLEEP, { autostart: true }),
        policy: sh(SLEEP, { autostart: true }),
      },
    },
  });
  const names = ["same", "gone", "command", "policy"];
  await Promise.all(names.map((name) => daemon.until(name, ({ ready }) => ready)));
  const [same, , , policy] = await Promise.all(names.map((name) => daemon.agent(name)));

  configure(daemon.home, {
    agents: {
      same: sh(SLEEP, { autostart: true }),
      command: sh(`true; ${SLEEP}`, { autostart: true }),
      policy: sh(SLEEP, { autostart: true, stop: { grace: "1s" }, restart: { max_attempts: 9 } }),
      fresh: sh(SLEEP, { autostart: true }),
      idle: sh(SLEEP),
    },
  });
  const outcome = await daemon.call("daemon.reload", {});
  expect({ ...outcome, added: outcome.added.toSorted(), changed: outcome.changed.toSorted() }).toEqual({
    added: ["fresh", "idle"],
    removed: ["gone"],
    changed: ["command", "policy"],
    unchanged: ["same"],
  });
  expect(await daemon.event("daemon.reloaded")).toMatchObject({ data: outcome });

  await daemon.event("agent.removed", "gone");
  expect((await daemon.wire.ask("agent.get", { agent: "gone" })).error?.code).toBe(-32004);
  await daemon.until("fresh", ({ ready }) => ready);
  expect(await daemon.until("command", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
    restarts: 0,
  });
  expect(await daemon.agent("same")).toMatchObject({ pid: same?.pid, incarnation: 1 });
  expect(await daemon.agent("policy")).toMatchObject({ pid: policy?.pid, incarnation: 1 });
  expect(await daemon.agent("idle")).toMatchObject({ state: "stopped", incarnation: 0 });
});

test("SIGHUP does the same", async () => {
  const daemon = await startDaemon();
  configure(daemon.home, { agents: { late: sh(SLEEP, { autostart: true }) } });
  daemon.signal("SIGHUP");
  expect(await daemon.event("daemon.reloaded")).toMatchObject({ data: { added: ["late"] } });
  await daemon.until("late", ({ ready }) => ready);
});

test.each([
  ["no TOML", "[agents.a]\ncommand = ", "hearth.toml:2"],
  ["an unknown key", '[agents.a]\ncommand = "true"\nautostrat = true', "autostart"],
  [
    "a cycle",
    '[agents.a]\ncommand = "true"\ndepends_on = ["b"]\n[agents.b]\ncommand = "true"\ndepends_on = ["a"]',
    "a",
  ],
  ["a number without unit", "[daemon]\nheartbeat_interval = 60\n", "heartbeat_interval"],
])("a wrong file (%s) keeps the old configuration, by reload as by SIGHUP", async (_what, text, named) => {
  const daemon = await startDaemon({ config: { agents: { a: sh(SLEEP, { autostart: true }) } } });
  const { pid } = await daemon.until("a", ({ ready }) => ready);
  configure(daemon.home, text);
  const { error } = await daemon.wire.ask("daemon.reload", {});
  expect(error).toMatchObject({ code: -32005, data: { kind: "bad-config" } });
  expect(error?.message).toContain(named);

  await daemon.logs("the configuration could not be read again", () => daemon.signal("SIGHUP"));
  expect(await daemon.agent("a")).toMatchObject({ pid, incarnation: 1, state: "running" });
  configure(daemon.home, { agents: { a: sh(SLEEP, { autostart: true }) } });
  expect(await daemon.call("daemon.reload", {})).toEqual({ added: [], removed: [], changed: [], unchanged: ["a"] });
});

test("an agent added by hand is not taken over by a file that names it too", async () => {
  const daemon = await startDaemon();
  await daemon.call("agent.add", { name: "mine", command: "sleep 60" });
  configure(daemon.home, { agents: { mine: sh(SLEEP) } });
  const { error } = await daemon.wire.ask("daemon.reload", {});
  expect(error).toMatchObject({
    code: -32005,
    data: { kind: "bad-config", hint: expect.stringContaining("hearth remove mine") },
  });
});

test("an agent that was taken out of the file while no daemon ran is stopped by the next one", async () => {
  const daemon = await startDaemon({ config: { agents: { gone: sh(SLEEP, { autostart: true }) } } });
  await daemon.until("gone", ({ ready }) => ready);
  await daemon.kill();
  configure(daemon.home, {});
  const next = await daemon.startAgain();
  await next.event("agent.removed", "gone");
  expect((await next.wire.ask("agent.get", { agent: "gone" })).error?.code).toBe(-32004);
});

test("a removed agent that comes back never uses a number twice", async () => {
  const config = { agents: { a: sh(SLEEP, { autostart: true }) } };
  const daemon = await startDaemon({ config });
  await daemon.until("a", ({ ready }) => ready);
  configure(daemon.home, {});
  await daemon.call("daemon.reload", {});
  await daemon.event("agent.removed", "a");
  configure(daemon.home, config);
  await daemon.call("daemon.reload", {});
  expect(await daemon.until("a", ({ ready }) => ready)).toMatchObject({ incarnation: 2 });
});

test("a dependent in the new file waits for a dependency that is new too", async () => {
  const daemon = await startDaemon();
  configure(daemon.home, {
    agents: {
      upper: sh(SLEEP, { autostart: true, depends_on: ["base"] }),
      base: sh(`sleep 0.1; echo up; ${SLEEP}`, { ready: { output: "up" } }),
    },
  });
  await daemon.call("daemon.reload", {});
  const [upper, base] = [await daemon.event("agent.starting", "upper"), await daemon.event("agent.ready", "base")];
  expect(upper.seq).toBeGreaterThan(base.seq);
});

test("an agent that is taken out of the file and put back while it stops is stopped, then started again", async () => {
  const slow = sh('trap "sleep 0.3; exit 0" TERM; echo up; while :; do sleep 0.05; done', {
    autostart: true,
    ready: { output: "up" },
  });
  const daemon = await startDaemon({ config: { agents: { slow } } });
  await daemon.until("slow", ({ ready }) => ready);
  configure(daemon.home, {});
  await daemon.call("daemon.reload", {});
  configure(daemon.home, { agents: { slow } });
  await daemon.call("daemon.reload", {});
  expect(await daemon.until("slow", ({ incarnation, ready }) => incarnation === 2 && ready)).toMatchObject({
    restarts: 0,
  });
});
