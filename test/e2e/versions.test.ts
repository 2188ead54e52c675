// Homes of other versions: today's daemon goes on with what an older one left, and an older one leaves a newer one's alone.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { HearthToml } from "../../protocol/definition.js";
import { discover, resolveEndpoint } from "../../src/client/discover.js";
import { hearth } from "../cli/hearth.js";
import { environmentOfSession } from "../support/attached.js";
import { configure, readDescriptor, runDaemon, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { isRunning } from "../support/processes.js";
import { GATEWAY_TOKEN, version1Home } from "../support/version-1.js";

const SLEEPER = sh("exec sleep 600", { autostart: true, restart: { backoff: "0s", jitter: 0 } });
const CONFIG = {
  agents: { gateway: SLEEPER, "town/mayor": SLEEPER, resting: SLEEPER, looping: sh("false") },
} satisfies HearthToml;

async function takeOver(): Promise<{ readonly daemon: TestDaemon; readonly pids: { readonly gateway: number } }> {
  const { home, pids } = await version1Home();
  return { daemon: await startDaemon({ home, config: CONFIG }), pids };
}

test("a home of version 1: what lives is adopted, what died has failed unseen, what was wanted is remembered", async () => {
  const { daemon, pids } = await takeOver();
  expect(await daemon.until("gateway", ({ adopted }) => adopted)).toMatchObject({
    pid: pids.gateway,
    state: "running",
    ready: true,
    incarnation: 2,
    restarts: 0,
    startedAt: "2026-11-21T06:32:56.084Z",
    lastExit: { signal: "SIGTERM", reason: "killed by SIGTERM" },
  });
  expect(await daemon.until("extra", ({ ready }) => ready)).toMatchObject({
    incarnation: 4,
    restarts: 1,
    lastExit: { reason: "exit not observed" },
    command: ["sleep", "600"],
  });
  expect(await daemon.agent("resting")).toMatchObject({ state: "stopped", wanted: "down", incarnation: 1 });
  const looping = { state: "failed", wanted: "down", incarnation: 2, restarts: 1, lastExit: { code: 1 } };
  expect(await daemon.agent("looping")).toMatchObject(looping);
  const { health, heartbeat } = await daemon.call("daemon.status", {});
  expect([health.status, heartbeat.count]).toEqual(["ok", 5]);
});

test("a home of version 1: requests go on where they were, those behind them wait their turn, ended ones are known", async () => {
  const { daemon } = await takeOver();
  const states = async (): Promise<readonly string[]> => {
    const { requests } = await daemon.call("lifecycle.list", {});
    return requests.map(({ agent, action, state }) => `${agent} ${action} ${state}`).toReversed();
  };
  const ended = ["extra restart done", "extra restart expired", "town/mayor cycle done", "town/mayor shutdown done"];
  await eventually(async () => (await states()).join() === ended.join(), `${ended}`);
  const { requests } = await daemon.call("lifecycle.list", { agent: "town/mayor" });
  expect(requests.map(({ incarnation }) => incarnation)).toEqual([
    { before: 3, after: null },
    { before: 2, after: 3 },
  ]);
  expect(await daemon.agent("town/mayor")).toMatchObject({ state: "stopped", wanted: "down", incarnation: 3 });
});

test("a home of version 1: a session keeps its token, and what it left reaches the next one", async () => {
  const { daemon } = await takeOver();
  await daemon.until("gateway", ({ adopted }) => adopted);
  const wire = await daemon.connect();
  const attached = await wire.call("system.attach", { token: GATEWAY_TOKEN });
  expect(attached).toMatchObject({ role: "agent", agent: "gateway", incarnation: 2 });
  wire.close();
  await daemon.call("lifecycle.request", { agent: "gateway", action: "cycle" });
  const { pid } = await daemon.until("gateway", ({ incarnation, ready }) => incarnation === 3 && ready);
  const handoff = readFileSync((await environmentOfSession(pid)).HEARTH_HANDOFF_FILE ?? "", "utf8");
  expect(handoff).toBe("Half of the inbox is read.\nGo on at message 17 – “später”.\n");
});

test("a descriptor of version 1: a client reads it, and its token opens the daemon that follows", async () => {
  const { home } = await version1Home();
  const endpoint = resolveEndpoint(discover({ home, env: {} }));
  const stale = (await hearth(["daemon", "status", "--home", home, "--json"])).json();
  expect(stale).toMatchObject({ status: "stale", pid: 12967, socketPath: join(home, "daemon.sock") });
  const daemon = await startDaemon({ home, config: CONFIG });
  expect(daemon.descriptor).toMatchObject(endpoint);
  expect((await daemon.attach(endpoint.token)).close()).toBeUndefined();
});

/** All files of a home, with what they hold and when it was written. */
function filesOf(home: string): ReadonlyMap<string, string> {
  const names = readdirSync(home, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(home, name)).isFile());
  return new Map(
    files.map((name) => {
      const path = join(home, name);
      return [name, `${statSync(path).mtimeMs} ${readFileSync(path, "utf8")}`];
    }),
  );
}

test.each([
  ["state.json", '{"version":1,', '{"version":2,'],
  ["journal.ndjson", '"version":1}', '"version":2}'],
])(
  "a newer %s: hearthd says which version it is, exits 78, and touches neither files nor agents",
  async (file, one, two) => {
    const { home, pids } = await version1Home();
    configure(home, CONFIG);
    const path = join(home, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(one, two), { mode: 0o600 });
    const before = filesOf(home);
    const { code, stderr } = await runDaemon({ home });
    expect(code).toBe(78);
    expect(stderr).toContain(`${path} was written by a newer version of Hearth: format 2, this one reads up to 1`);
    expect(stderr).toContain("give this one a home of its own, as `hearth daemon start --home DIR` does");
    const after = filesOf(home);
    for (const [name, content] of before) expect(after.get(name), name).toBe(content);
    expect(isRunning(pids.gateway)).toBe(true);

    const started = await hearth(["daemon", "start", "--home", home]);
    expect([started.code, started.stderr]).toEqual([
      78,
      expect.stringContaining("written by a newer version of Hearth"),
    ]);
  },
);

test("a newer descriptor: every command names both versions and what helps, and leaves the file alone", async () => {
  const { home } = await version1Home();
  const path = join(home, "daemon.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"version": 1', '"version": 2'), { mode: 0o600 });
  const before = filesOf(home);
  for (const command of [
    ["status"],
    ["daemon", "status"],
    ["daemon", "start"],
    ["daemon", "stop"],
    ["stop", "gateway"],
  ]) {
    const { code, stderr } = await hearth([...command, "--home", home]);
    expect([command, code]).toEqual([command, 1]);
    expect(stderr).toContain(`${path} was written by a newer hearthd: its version is 2, this client reads up to 1`);
    expect(stderr).toContain("npm install --global hearthd");
  }
  expect(filesOf(home)).toEqual(before);
});

test("a newer descriptor that a dead daemon left keeps no daemon out that can read the state", async () => {
  const { home } = await version1Home();
  const path = join(home, "daemon.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"version": 1', '"version": 2'), { mode: 0o600 });
  const daemon = await startDaemon({ home, config: CONFIG });
  expect(readDescriptor(path)).toMatchObject({ version: 1, pid: daemon.pid });
});
