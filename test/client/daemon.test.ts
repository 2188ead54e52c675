import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDescriptor } from "../../protocol/descriptor.js";
import type { Client } from "../../src/client/client.js";
import { connectOrStart as connect } from "../../src/client/connect-or-start.js";
import { discover } from "../../src/client/discover.js";
import { endDaemon } from "../../src/client/end.js";
import { probe } from "../../src/client/probe.js";
import { tokenOf } from "../support/attached.js";
import { newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, PATIENCE_MS, within } from "../support/deadline.js";
import { isRunning, isStopped } from "../support/processes.js";

/** Looks often, and for as long as a busy machine may take to start the next daemon. */
const FAST = { tries: PATIENCE_MS / 20, firstDelayMs: 20, maxDelayMs: 20 };

function whereabouts(home: string) {
  return discover({ home, env: {} });
}

async function withClient<T>(home: string, use: (client: Client) => Promise<T>, reconnect = FAST): Promise<T> {
  const client = await connect({ home, env: {}, reconnect });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function next<T>(items: AsyncIterator<T>): Promise<T> {
  const { value, done } = await within(items.next(), () => "a notification");
  if (done) throw new Error("the stream ended");
  return value;
}

describe("a client", () => {
  it("attaches and calls", async () => {
    const { home, pid } = await startDaemon();
    await withClient(home, async (client) => {
      expect(await client.call("daemon.status", {})).toMatchObject({ pid });
      expect(await client.identity()).toMatchObject({ role: "operator" });
    });
  });

  it("of an agent hears what the daemon tells it, also the next daemon", async () => {
    const heartbeat = { interval: "200ms", poke: "rpc", message: "anything new?" } as const;
    const definition = { ...sh("exec sleep 600"), autostart: true, heartbeat };
    const daemon = await startDaemon({ config: { agents: { mayor: definition } } });
    const { socketPath } = await daemon.call("daemon.status", {});
    const env = { HEARTH_SOCKET: socketPath, HEARTH_TOKEN: await tokenOf(daemon, "mayor") };
    const client = await connect({ home: daemon.home, env, reconnect: FAST });
    const notices = (await client.notices())[Symbol.asyncIterator]();
    expect(await next(notices)).toMatchObject({ method: "heartbeat", params: { count: 1, message: "anything new?" } });
    await daemon.kill();
    await daemon.startAgain();
    expect(await next(notices)).toMatchObject({ method: "heartbeat" });
    await client.close();
  });

  it("says why it was not let in", async () => {
    const { home } = await startDaemon();
    const client = await connect({ home, env: { HEARTH_TOKEN: "stale" } });
    await expect(client.call("agent.list", {})).rejects.toMatchObject({ kind: "bad-token" });
    await client.close();
  });

  it("finds the next daemon by itself, attaches with its token and goes on with its subscriptions", async () => {
    const daemon = await startDaemon({ config: { agents: { a: sh("echo one; exec sleep 1000") } } });
    await withClient(daemon.home, async (client) => {
      await client.call("agent.start", { agent: "a" });
      const events = (await client.subscribe({ types: ["daemon.started"] }))[Symbol.asyncIterator]();
      const lines = (await client.followLog({ agent: "a" }))[Symbol.asyncIterator]();
      expect(await next(lines)).toMatchObject({ params: { lines: ["one"] } });
      await daemon.kill();
      const successor = await daemon.startAgain();
      // What the first daemon had to tell is lost with it, and the second one says so.
      expect(await next(events)).toMatchObject({ method: "events.lagged" });
      expect(await next(events)).toMatchObject({ method: "event", params: { type: "daemon.started" } });
      expect(await client.call("daemon.status", {})).toMatchObject({ pid: successor.pid });
      await client.call("agent.restart", { agent: "a" });
      expect(await next(lines)).toMatchObject({ params: { lines: ["one"] } });
    });
  });

  it.each<[string, (client: Client) => Promise<AsyncIterable<unknown>>]>([
    ["events", (client) => client.subscribe({ types: ["agent.*"] })],
    ["a log", (client) => client.followLog({ agent: "daemon", lines: 0 })],
    ["notices", (client) => client.notices()],
  ])("that is closed ends the loops that read from it: %s", async (_, open) => {
    const { home } = await startDaemon();
    const client = await connect({ home, env: {} });
    const loops = [await open(client), open(client)].map(async (stream) => {
      for await (const _ of await stream);
    });
    // The second is being opened: either that fails or its loop ends.
    const [first] = await within(Promise.allSettled([...loops, client.close()]), () => "the loops end");
    expect(first).toEqual({ status: "fulfilled", value: undefined });
  });

  it.each<[string, string, (client: Client) => Promise<unknown>]>([
    ["call with a time", "timed-out", (client) => client.call("agent.list", {}, { timeoutMs: 100 })],
    [
      "call with a signal",
      "cancelled",
      (client) => client.call("agent.list", {}, { signal: AbortSignal.timeout(100) }),
    ],
    ["subscription with a time", "timed-out", (client) => client.subscribe({}, { timeoutMs: 100 })],
  ])("waits no longer than it was told to for a daemon that went away (a %s is %s)", async (_, kind, ask) => {
    const daemon = await startDaemon();
    await withClient(
      daemon.home,
      async (client) => {
        await client.identity();
        await daemon.kill();
        const kindOf = () =>
          ask(client).then(
            () => "none",
            (error: { readonly kind: string }) => error.kind,
          );
        // Until the client has seen it go, calls are lost with the connection.
        await eventually(async () => (await kindOf()) === kind, `the call is ${kind}`);
      },
      { tries: 1, firstDelayMs: PATIENCE_MS, maxDelayMs: PATIENCE_MS },
    );
  });

  it("is offline once its tries are used up, for calls and for streams", async () => {
    const daemon = await startDaemon();
    const giveUp = { tries: 2, firstDelayMs: 1, maxDelayMs: 1 };
    await withClient(
      daemon.home,
      async (client) => {
        const events = (await client.subscribe({ types: ["agent.*"] }))[Symbol.asyncIterator]();
        const ended = expect(next(events)).rejects.toMatchObject({ kind: "offline" });
        await daemon.stop();
        await ended;
        await expect(client.call("daemon.status", {})).rejects.toMatchObject({ kind: "offline" });
      },
      giveUp,
    );
  });
});

describe("a descriptor", () => {
  it("that names another program's process is stale, and that process is left alone", async () => {
    const home = newHome();
    const stranger = { ...exampleDescriptor(home), pid: process.pid };
    writeFileSync(join(home, "daemon.json"), formatDescriptor(stranger));
    expect(await probe(whereabouts(home))).toMatchObject({ state: "stale" });
    const ended = await endDaemon({ whereabouts: whereabouts(home), keepAgents: false, timeoutMs: PATIENCE_MS });
    expect(ended).toMatchObject({ outcome: "cleaned", survivors: [] });
    expect(existsSync(join(home, "daemon.json"))).toBe(false);
  });

  it.each([[""], ['{"version": 1, "pi'], ["{}"]])("that is broken is stale: %j", async (text) => {
    const home = newHome();
    writeFileSync(join(home, "daemon.json"), text);
    expect(await probe(whereabouts(home))).toMatchObject({ state: "stale", descriptor: null });
  });

  it("that is newer than this client asks for an upgrade and is not touched", async () => {
    const home = newHome();
    const text = JSON.stringify({ ...exampleDescriptor(home), version: 2 });
    writeFileSync(join(home, "daemon.json"), text);
    await expect(probe(whereabouts(home))).rejects.toMatchObject({ kind: "descriptor-newer" });
    await expect(
      endDaemon({ whereabouts: whereabouts(home), keepAgents: false, timeoutMs: PATIENCE_MS }),
    ).rejects.toMatchObject({ kind: "descriptor-newer" });
    expect(readFileSync(join(home, "daemon.json"), "utf8")).toBe(text);
  });

  it("that lies beside a file instead of a socket does not cost that file", async () => {
    const home = newHome();
    writeFileSync(join(home, "daemon.json"), formatDescriptor(exampleDescriptor(home)));
    writeFileSync(join(home, "daemon.sock"), "mine");
    await endDaemon({ whereabouts: whereabouts(home), keepAgents: false, timeoutMs: PATIENCE_MS });
    expect(readFileSync(join(home, "daemon.sock"), "utf8")).toBe("mine");
  });
});

describe("ending a daemon", () => {
  it("lets its agents go on when asked to, and names them", async () => {
    const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 1000", { autostart: true }) } } });
    const { pid } = await daemon.until("a", ({ state }) => state === "running");
    const options = { whereabouts: whereabouts(daemon.home), timeoutMs: PATIENCE_MS };
    const ended = await endDaemon({ ...options, keepAgents: true });
    expect(ended).toEqual({ outcome: "ended", pid: daemon.pid, survivors: [{ agent: "a", pid }] });
    await daemon.startAgain();
    expect(await endDaemon({ ...options, keepAgents: false })).toMatchObject({ outcome: "ended", survivors: [] });
    expect(isRunning(pid ?? 0)).toBe(false);
  });

  it("never kills one that still answers, however long its agents take", async () => {
    const daemon = await daemonOfStubborn();
    const ending = endDaemon({ whereabouts: whereabouts(daemon.home), keepAgents: false, timeoutMs: 50, graceMs: 0 });
    await expect(ending).rejects.toMatchObject({ kind: "stop-timed-out" });
    letEnd(daemon);
    expect(await within(daemon.ended, () => "the daemon ends in order")).toMatchObject({ code: 0 });
  });

  it("gives one that was halted and answers again all the time there is", async () => {
    const daemon = await daemonOfStubborn();
    await halt(daemon);
    const options = { whereabouts: whereabouts(daemon.home), keepAgents: false, timeoutMs: PATIENCE_MS, graceMs: 0 };
    const [ended] = await Promise.all([
      endDaemon(options),
      daemon.hasLogged("the daemon is stopping").then(() => letEnd(daemon)),
    ]);
    expect(ended).toMatchObject({ pid: daemon.pid, survivors: [] });
    expect(await daemon.ended).toMatchObject({ code: 0 });
  });

  it("waits for one that was halted and answers again no longer than it was told to", async () => {
    const daemon = await daemonOfStubborn();
    await halt(daemon);
    const options = { whereabouts: whereabouts(daemon.home), keepAgents: false, timeoutMs: 50 };
    const ending = endDaemon({ ...options, graceMs: 10 * PATIENCE_MS });
    await expect(within(ending, () => "the time is up")).rejects.toMatchObject({ kind: "stop-timed-out" });
    letEnd(daemon);
    expect(await within(daemon.ended, () => "the daemon ends in order")).toMatchObject({ code: 0 });
  });

  it("kills one that is halted when the agents are to go on, and cleans up after it", async () => {
    const daemon = await startDaemon();
    await halt(daemon);
    expect(await probe(whereabouts(daemon.home))).toMatchObject({ state: "unresponsive" });
    const options = { whereabouts: whereabouts(daemon.home), timeoutMs: PATIENCE_MS, graceMs: 0 };
    expect(await endDaemon({ ...options, keepAgents: true })).toMatchObject({ outcome: "killed", pid: daemon.pid });
    expect(await probe(whereabouts(daemon.home))).toEqual({ state: "stopped" });
  });
});

/** Its agent ends when it is let. */
async function daemonOfStubborn(): Promise<TestDaemon> {
  const stubborn = sh(`trap '' TERM; echo up; until [ -e "$HEARTH_HOME/end" ]; do sleep 0.1; done`, {
    autostart: true,
    ready: { output: "up" },
    stop: { grace: "2m" },
  });
  const daemon = await startDaemon({ config: { agents: { stubborn } } });
  await daemon.until("stubborn", ({ ready }) => ready);
  return daemon;
}

function letEnd({ home }: TestDaemon): void {
  writeFileSync(join(home, "end"), "");
}

async function halt(daemon: TestDaemon): Promise<void> {
  daemon.signal("SIGSTOP");
  await eventually(() => isStopped(daemon.pid), "it is halted");
}

function exampleDescriptor(home: string) {
  return {
    version: 1,
    pid: process.pid,
    processStart: { start: "1", boot: "another", init: "1" },
    instanceId: randomBytes(4).toString("hex"),
    socketPath: join(home, "daemon.sock"),
    token: "t",
    daemonVersion: "0.1.0",
    protocolVersion: 1,
    startedAt: "2026-03-01T08:00:00.000Z",
    logFile: "/log",
  };
}
