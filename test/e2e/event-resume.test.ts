// A subscription goes on across daemons: without a gap when one ends as planned, and with the truth when it does not.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { HearthError } from "../../protocol/errors.js";
import type { Client, EventNotification } from "../../src/client/client.js";
import { connectOrStart as connect } from "../../src/client/connect-or-start.js";
import { ClientError } from "../../src/client-error.js";
import { tokenOf } from "../support/attached.js";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, PATIENCE_MS } from "../support/deadline.js";

const CRASHER = sh("sleep 0.05; exit 1", {
  autostart: true,
  restart: { policy: "always", backoff: "10ms", backoff_max: "20ms", max_attempts: 100_000, window: "1s" },
});
/** As patient as the tests are: how long the next daemon takes is up to the machine. */
const RECONNECT = { tries: PATIENCE_MS / 200, firstDelayMs: 200, maxDelayMs: 200 };
const CONFIG = { agents: { a: sh("exec sleep 600", { autostart: true }), crasher: CRASHER } };

/** Everything a subscription yields, as it comes. */
async function observe(client: Client, wish: Parameters<Client["subscribe"]>[0] = {}): Promise<EventNotification[]> {
  const seen: EventNotification[] = [];
  const subscription = await client.subscribe(wish);
  (async () => {
    for await (const notification of subscription) seen.push(notification);
  })().catch(() => {});
  return seen;
}

async function connected(daemon: TestDaemon, env: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = await connect({ home: daemon.home, env, reconnect: RECONNECT });
  onTestFinished(() => client.close());
  return client;
}

/** Beats with a new number each time, as fast as they are answered; `answered` are those the daemon has taken. */
function beatOnAndOn(client: Client): { readonly answered: number[]; stop(): Promise<void> } {
  const answered: number[] = [];
  let stopped = false;
  const beating = (async () => {
    for (let number = 1; !stopped; number++) {
      const isTaken = await client.call("agent.beat", { note: String(number) }).then(() => true, unlessLost);
      if (isTaken) answered.push(number);
    }
  })();
  return {
    answered,
    async stop() {
      stopped = true;
      await beating;
    },
  };
}

/** Neither a connection that was lost nor a daemon that was already ending has taken the beat. */
function unlessLost(error: unknown): false {
  if (error instanceof ClientError && error.kind === "connection-lost") return false;
  if (error instanceof HearthError && error.kind === "shutting-down") return false;
  throw error;
}

async function agentClient(daemon: TestDaemon): Promise<Client> {
  return connected(daemon, {
    HEARTH_SOCKET: daemon.descriptor.socketPath,
    HEARTH_TOKEN: await tokenOf(daemon, "a"),
  });
}

const eventsOf = (seen: readonly EventNotification[]) =>
  seen.flatMap((each) => (each.method === "event" ? [each.params] : []));
const numbersOf = (seen: readonly EventNotification[]) => eventsOf(seen).map(({ seq }) => seq);
const laggedOf = (seen: readonly EventNotification[]) => seen.filter(({ method }) => method === "events.lagged");
const notesOf = (seen: readonly EventNotification[]) =>
  eventsOf(seen).flatMap(({ type, data }) => (type === "beat" ? [Number(data.note)] : []));

function expectGrowing(numbers: readonly number[]): void {
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
}

/** The numbers of all events that the daemon keeps, from one on. */
async function keptFrom(daemon: TestDaemon, first: number): Promise<number[]> {
  const seen = await observe(await connected(daemon), { since: first - 1 });
  await eventually(() => numbersOf(seen).includes(first), "what is kept has been replayed");
  return numbersOf(seen);
}

test("daemon.restart amid a stream of events: each is seen once, in order, and none is missing", async () => {
  const daemon = await startDaemon({ config: CONFIG, args: ["--detached"] });
  const seen = await observe(await connected(daemon));
  const beats = beatOnAndOn(await agentClient(daemon));
  await eventually(() => beats.answered.length > 20, "beats are taken");
  await daemon.call("daemon.restart", {});
  const successor = await daemon.successor();
  const atRestart = beats.answered.length;
  await eventually(() => beats.answered.length > atRestart + 20, "beats are taken by the successor");
  await beats.stop();
  const last = beats.answered.at(-1) ?? 0;
  await eventually(() => notesOf(seen).includes(last), "the last beat is seen");
  // Beats are taken as soon as a daemon answers, which is before it has adopted anybody.
  const others = ["daemon.stopping", "daemon.started", "agent.adopted", "agent.exited"];
  const isSeen = (type: string): boolean => eventsOf(seen).some((event) => event.type === type);
  await eventually(() => others.every(isSeen), `each of ${others} is seen`);

  expect(laggedOf(seen)).toEqual([]);
  expectGrowing(numbersOf(seen));
  expectGrowing(notesOf(seen));
  expect(beats.answered.filter((number) => !notesOf(seen).includes(number))).toEqual([]);
  await successor.shutDown();
});

test("what an observer sees across a restart is what the daemons before and after have told others", async () => {
  const daemon = await startDaemon({ config: CONFIG, args: ["--detached"] });
  const seen = await observe(await connected(daemon));
  await eventually(() => seen.length > 5, "there are events");
  await daemon.call("daemon.restart", {});
  const successor = await daemon.successor();
  const started = await successor.event("daemon.started");
  await eventually(() => numbersOf(seen).some((seq) => seq > started.seq + 5), "the observer sees the successor's");
  const [first = 0] = numbersOf(seen);
  const kept = await keptFrom(successor, first);
  await eventually(() => numbersOf(seen).length >= kept.length, "the observer has caught up");
  expect(numbersOf(seen).slice(0, kept.length)).toEqual(kept);
  await successor.shutDown();
});

test.each([
  ["hearth daemon stop", { keepAgents: false }],
  ["hearth daemon stop --keep-agents", { keepAgents: true }],
])("%s, then start: the subscription has no gap either", async (_command, options) => {
  const daemon = await startDaemon({ config: CONFIG });
  const seen = await observe(await connected(daemon), { types: ["daemon.*", "agent.stopped"] });
  await daemon.call("daemon.shutdown", options);
  await daemon.ended;
  await daemon.startAgain();
  await eventually(() => eventsOf(seen).some(({ type }) => type === "daemon.started"), "the next daemon is heard");
  expect(laggedOf(seen)).toEqual([]);
  expectGrowing(numbersOf(seen));
  const types = eventsOf(seen).map(({ type }) => type);
  expect(types[0]).toBe("daemon.stopping");
  expect(types.filter((type) => type === "daemon.started")).toHaveLength(1);
  expect(types.includes("agent.stopped")).toBe(!options.keepAgents);
});

test("after kill -9 one notice says that some were missed, and the stream goes on", async () => {
  const daemon = await startDaemon({ config: CONFIG });
  const seen = await observe(await connected(daemon));
  await eventually(() => seen.length > 5, "there are events");
  await daemon.kill();
  const next = await daemon.startAgain();
  const { seq } = await next.event("daemon.started");
  await eventually(() => numbersOf(seen).filter((number) => number >= seq).length > 5, "the next daemon's events");
  expect(laggedOf(seen)).toMatchObject([{ params: { missed: null } }]);
  const notice = seen.findIndex(({ method }) => method === "events.lagged");
  expect(numbersOf(seen.slice(0, notice)).filter((number) => number >= seq)).toEqual([]);
  expect(eventsOf(seen.slice(notice))[0]).toMatchObject({ type: "daemon.started", seq });
  expectGrowing(numbersOf(seen));
});

test("who asked for a few kinds of events is not told of a gap because others were many", async () => {
  const daemon = await startDaemon({ config: CONFIG });
  const quiet = await observe(await connected(daemon), { types: ["lifecycle.*", "daemon.started"] });
  const agent = await agentClient(daemon);
  // More than are kept; together, since one after the other they take as long as the machine likes.
  await Promise.all(Array.from({ length: 2_500 }, () => agent.call("agent.beat", {})));
  await daemon.call("daemon.shutdown", { keepAgents: true });
  await daemon.ended;
  await daemon.startAgain();
  await eventually(() => quiet.length > 0, "the next daemon is heard");
  expect(quiet).toMatchObject([{ method: "event", params: { type: "daemon.started" } }]);
});

test("calls made while the daemon is replaced are answered by the next one", async () => {
  const daemon = await startDaemon({ config: CONFIG, args: ["--detached"] });
  const client = await connected(daemon);
  await daemon.call("daemon.restart", {});
  await daemon.ended;
  const callFiveTimes = async () => {
    const calls = Array.from({ length: 5 }, () => client.call("daemon.status", {}).catch(unlessLost));
    const answers = (await Promise.all(calls)).filter((answer) => answer !== false);
    return answers.length > 0 ? answers : null;
  };
  // The daemon's end may be known here before its connection's, on which calls are lost until then.
  const answers = await eventually(callFiveTimes, "calls are answered");
  const successor = await daemon.successor();
  for (const { pid } of answers) expect(pid).toBe(successor.pid);
  expect(await client.call("daemon.status", {})).toMatchObject({ pid: successor.pid });
  await successor.shutDown();
});

test("what was handed over is its owner's alone, and is used once", async () => {
  const daemon = await startDaemon({ config: CONFIG });
  await daemon.event("agent.exited", "crasher");
  await daemon.stop();
  expect(statSync(daemon.path("run/events.ndjson")).mode & 0o777).toBe(0o600);
  const next = await daemon.startAgain();
  expect(existsSync(next.path("run/events.ndjson"))).toBe(false);
  expect(await next.event("agent.exited", "crasher")).toMatchObject({ agent: "crasher" });
  await next.kill();
  const seen = await observe(await connected(await next.startAgain()), { since: 0 });
  await eventually(() => eventsOf(seen).some(({ type }) => type === "daemon.started"), "the third daemon is heard");
  expect(eventsOf(seen).filter(({ type }) => type === "daemon.stopping")).toEqual([]);
});

test.each([
  ["garbage", (text: string) => `\0garbage${text}`],
  ["half of it", (text: string) => text.slice(0, text.length / 2)],
])("of events that were handed over damaged (%s) none is told, but that some were missed", async (_what, damage) => {
  const daemon = await startDaemon({ config: CONFIG });
  const { seq } = await daemon.event("daemon.started");
  await daemon.stop();
  const file = daemon.path("run/events.ndjson");
  writeFileSync(file, damage(readFileSync(file, "utf8")));
  const next = await daemon.startAgain();
  const seen = await observe(await connected(next), { since: seq });
  await eventually(() => eventsOf(seen).length > 0, "the next daemon is heard");
  expect(seen[0]).toMatchObject({ method: "events.lagged", params: { missed: null } });
  expect(eventsOf(seen)[0]).toMatchObject({ type: "daemon.started" });
  await next.hasLogged("the last daemon's events are lost");
});
