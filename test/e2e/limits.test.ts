// Every bound on what a caller can make the daemon hold: what happens at it, that nobody else notices, and that it passes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { HearthToml, LimitsTable } from "../../protocol/definition.js";
import type { Result } from "../../protocol/methods.js";
import { attachAs, tokenOf } from "../support/attached.js";
import { configure, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, within } from "../support/deadline.js";
import type { Message, Wire } from "../support/wire.js";

const MiB = 1024 * 1024;

/** Runs, and is never ready: whoever waits for it waits long. */
const NEVER = sh("exec sleep 60", { autostart: true, ready: { output: "never", timeout: "60s" } });
const STEADY = sh("exec sleep 60", { autostart: true });

function limited(limits: LimitsTable, agents: NonNullable<HearthToml["agents"]> = {}): Promise<TestDaemon> {
  return startDaemon({ config: { daemon: { limits }, agents } });
}

async function attached(daemon: TestDaemon): Promise<Wire> {
  const wire = await daemon.attach();
  onTestFinished(() => wire.close());
  return wire;
}

function request(id: string | number, method: string, params: object = {}): object {
  return { jsonrpc: "2.0", id, method, params };
}

/** The error of a limit that the operator can set: its hint says what to do and which key it is. */
function limitReached(key: keyof LimitsTable): object {
  const hint = expect.stringMatching(
    new RegExp(`^[A-Z].+, or raise ${key} in \\[daemon.limits\\] of hearth.toml and run \`hearth daemon reload\`.$`),
  );
  return { error: { code: -32009, data: { kind: "limit-reached", hint } } };
}

function answerTo(id: string | number): (message: Message) => boolean {
  return (message) => message.id === id;
}

async function connectionsOf(daemon: TestDaemon): Promise<number> {
  return (await daemon.call("daemon.status", {})).connections;
}

/** Sends so many beats, numbered by their notes, which are as long as notes may be. */
async function beat(agent: Wire, numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map((number) => agent.call("agent.beat", { note: `${number} ${"x".repeat(1_000)}` })));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The number of the beat that an event tells of. */
function beatOf({ params = {} }: Message): number {
  const { note } = params.data as { readonly note: string };
  return Number(note.split(" ")[0]);
}

/** Numbers of the beats that come before something else does, and what that is. */
async function beatsUntilOther(wire: Wire): Promise<{ readonly beats: readonly number[]; readonly other: Message }> {
  const beats: number[] = [];
  for (;;) {
    const message = await wire.receive();
    if (message.method !== "event") return { beats, other: message };
    beats.push(beatOf(message));
  }
}

test("one connection too many is told why and closed; there is room again when another has gone", async () => {
  const daemon = await limited({ connections: 16 });
  const others = await Promise.all(Array.from({ length: 15 }, () => attached(daemon)));
  const late = await daemon.connect();
  expect(await late.receive()).toMatchObject({ id: null, ...limitReached("connections") });
  await late.closed;
  for (const other of others) expect(await other.call("system.ping", {})).toMatchObject({ pong: true });
  others[0]?.close();
  await eventually(async () => (await connectionsOf(daemon)) === 15, "the place is free");
  expect(await (await attached(daemon)).call("system.ping", {})).toMatchObject({ pong: true });
});

test("a thousand connections at once wait until a busy daemon takes them, and none is turned away", async () => {
  const daemon = await limited({});
  process.kill(daemon.descriptor.pid, "SIGSTOP");
  const sockets = Array.from({ length: 1_000 }, () => connect(daemon.descriptor.socketPath));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  try {
    await within(Promise.all(sockets.map((socket) => once(socket, "connect"))), () => "all of them are connected");
  } finally {
    process.kill(daemon.descriptor.pid, "SIGCONT");
  }
  await eventually(async () => (await connectionsOf(daemon)) === 1_001, "all of them are served");
});

test("a flood of connections leaves those that are there alone, and room when it is over", async () => {
  const daemon = await limited({ connections: 16 });
  for (let wave = 0; wave < 5; wave++) {
    const flood = await Promise.all(Array.from({ length: 60 }, () => daemon.connect()));
    expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
    for (const each of flood) each.close();
  }
  await eventually(async () => (await connectionsOf(daemon)) === 1, "all of them are gone");
  await attached(daemon);
});

test("whoever has not attached in time is cut off, however much it says; whoever has may stay", async () => {
  // Whoever may stay attaches before there is little time for it.
  const daemon = await limited({});
  const stays = await attached(daemon);
  configure(daemon.home, { daemon: { limits: { attach_within: "2s" } } });
  await daemon.call("daemon.reload", {});
  const silent = await daemon.connect();
  const talkative = await daemon.connect();
  const guessing = await daemon.connect();
  const chatter = setInterval(() => talkative.send(request(1, "system.ping")), 50);
  onTestFinished(() => clearInterval(chatter));
  guessing.send(request(1, "system.attach", { token: "wrong" }));
  await within(Promise.all([silent.closed, talkative.closed, guessing.closed]), () => "they are cut off");
  expect(await stays.call("system.ping", {})).toMatchObject({ pong: true });
  expect(await connectionsOf(daemon)).toBe(2);
});

test("a flood of wrong tokens is refused one by one, holds nobody up, and the right one is taken after it", async () => {
  const daemon = await limited({});
  const guessing = await daemon.connect();
  onTestFinished(() => guessing.close());
  for (const id of upTo(5_000)) guessing.send(request(id, "system.attach", { token: `wrong ${id}` }));
  guessing.send(request("right", "system.attach", { token: daemon.descriptor.token }));
  expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
  expect(await guessing.receive(answerTo("right"))).toMatchObject({ result: { role: "operator" } });
  const answers = await Promise.all(upTo(5_000).map((id) => guessing.receive(answerTo(id))));
  expect(new Set(answers.map(({ error }) => error?.code))).toEqual(new Set([-32001]));
});

test("a connection that attaches as another agent is no longer told what the first one is", async () => {
  const poked = sh("exec sleep 60", { autostart: true, heartbeat: { poke: "rpc" } });
  const daemon = await limited({}, { a: poked, b: poked });
  const wire = await attachAs(daemon, "a");
  expect(await daemon.call("agent.poke", { agent: "a" })).toMatchObject({ delivered: true });
  await wire.call("system.attach", { token: await tokenOf(daemon, "b") });
  expect(await daemon.call("agent.poke", { agent: "a" })).toMatchObject({ delivered: false });
  expect(await daemon.call("agent.poke", { agent: "b" })).toMatchObject({ delivered: true });
});

test("a frame over frame_size is -32010 and ends its connection; the largest handoff fits in the smallest size", async () => {
  const daemon = await limited({ frame_size: "8MiB" }, { a: STEADY });
  const sender = await daemon.attach();
  sender.write(`"${"x".repeat(8 * MiB)}"\n`);
  const { error } = await sender.receive();
  expect(error).toMatchObject({ code: -32010, data: { kind: "frame-too-large", maxBytes: 8 * MiB } });
  await sender.closed;
  // Each of its bytes takes six in JSON.
  const agent = await attachAs(daemon, "a");
  const handoff = "\u0001".repeat(MiB);
  await agent.call("handoff.put", { handoff });
  expect((await daemon.call("handoff.get", { agent: "a" }))?.handoff).toBe(handoff);
});

const UNTIL_GO = 'touch "$HEARTH_HOME/$HEARTH_POKE_AGENT"; while ! [ -e "$HEARTH_HOME/go" ]; do sleep 0.05; done';

test.each(["one by one", "in a batch"])(
  "what comes behind as many requests as may be in flight, sent %s, is left unread; others don't wait for them",
  async (how) => {
    const names = upTo(8).map((number) => `a${number}`);
    const poked = { ...STEADY, heartbeat: { poke: `command:sh -c '${UNTIL_GO}'` } };
    const agents = Object.fromEntries(names.map((name) => [name, poked]));
    const daemon = await limited({ requests_in_flight: 8 }, agents);
    for (const name of names) await daemon.until(name, ({ ready }) => ready);
    const busy = await attached(daemon);
    const pokes = names.map((agent) => request(agent, "agent.poke", { agent }));
    for (const message of how === "in a batch" ? [pokes] : pokes) busy.send(message);
    busy.send(request("late", "system.ping"));
    await eventually(() => names.every((name) => existsSync(daemon.path(name))), "all of them are under way");
    expect(await daemon.call("system.ping", {})).toMatchObject({ pong: true });
    writeFileSync(daemon.path("go"), "");
    expect((await busy.receive()).id).not.toBe("late");
    expect(await busy.receive(answerTo("late"))).toMatchObject({ result: { pong: true } });
  },
);

test("many more requests than may be in flight are all answered, those of batches among them", async () => {
  const daemon = await limited({ requests_in_flight: 8, batch: 100 });
  const wire = await attached(daemon);
  for (const id of upTo(1_000)) wire.send(request(id, "system.ping"));
  for (const round of upTo(20)) wire.send(upTo(100).map((id) => request(`${round}/${id}`, "system.ping")));
  for (const id of upTo(1_000)) expect(await wire.receive(answerTo(id))).toMatchObject({ result: { pong: true } });
  for (const _round of upTo(20)) expect(await wire.receive()).toHaveLength(100);
});

test("a batch over its bound is -32009 as a whole; one of as many as that is answered", async () => {
  const wire = await attached(await limited({ batch: 3 }));
  const batch = (length: number) => upTo(length).map((id) => request(id, "system.ping"));
  wire.send(batch(4));
  expect(await wire.receive()).toMatchObject({ id: null, ...limitReached("batch") });
  wire.send(batch(3));
  expect(await wire.receive()).toHaveLength(3);
});

test("while the waits are at their cap, beats and cancellations are read; a wait that is called off makes room", async () => {
  // More waits than requests in flight: if they counted among those, nothing behind them would be read.
  const daemon = await limited({ waits: 20, requests_in_flight: 8 }, { a: NEVER });
  const agent = await attachAs(daemon, "a");
  const wait = (id: string | number) => agent.send(request(id, "agent.start", { agent: "a", wait: true }));
  for (const id of upTo(20)) wait(`wait ${id}`);
  wait("one more");
  expect(await agent.receive()).toMatchObject({ id: "one more", ...limitReached("waits") });
  expect(await agent.call("agent.beat", {})).toEqual({ nextBeatWithinMs: null });
  agent.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "wait 7" } });
  expect(await agent.receive()).toMatchObject({ id: "wait 7", error: { code: -32800 } });
  wait("again");
  wait("too many again");
  expect(await agent.receive()).toMatchObject({ id: "too many again", ...limitReached("waits") });
  const other = await attached(daemon);
  other.send(request("other", "agent.start", { agent: "a", wait: true }));
  expect(await other.call("system.ping", {})).toMatchObject({ pong: true });
});

test("waits with the same id are counted each, and called off together", async () => {
  const daemon = await limited({ waits: 3 }, { a: NEVER });
  const wire = await attached(daemon);
  for (const _wait of upTo(4)) wire.send(request("same", "agent.start", { agent: "a", wait: true }));
  expect(await wire.receive()).toMatchObject({ id: "same", ...limitReached("waits") });
  wire.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "same" } });
  for (const _wait of upTo(3)) expect(await wire.receive()).toMatchObject({ id: "same", error: { code: -32800 } });
  expect(await wire.call("system.ping", {})).toMatchObject({ pong: true });
});

test("a subscription too many is -32009, to events as to logs; one that has ended makes room", async () => {
  const daemon = await limited({ subscriptions: 2 }, { a: STEADY });
  const wire = await attached(daemon);
  const { subscription } = await wire.call("events.subscribe", {});
  await wire.call("logs.follow", { agent: "a" });
  expect(await wire.ask("events.subscribe", {})).toMatchObject(limitReached("subscriptions"));
  expect(await wire.ask("logs.follow", { agent: "a" })).toMatchObject(limitReached("subscriptions"));
  await (await attached(daemon)).call("events.subscribe", {});
  await wire.call("events.unsubscribe", { subscription });
  await wire.call("logs.follow", { agent: "a" });
});

test("a subscriber that lags is told once how many events it missed, and goes on; others miss none", async () => {
  const daemon = await limited({ unwritten_size: "128KiB" }, { a: STEADY });
  const agent = await attachAs(daemon, "a");
  const [slow, quick] = [await attached(daemon), await attached(daemon)];
  for (const wire of [slow, quick]) await wire.call("events.subscribe", { types: ["beat"] });
  slow.pause();
  for (const number of upTo(1_000)) {
    await beat(agent, [number]);
    expect(beatOf(await quick.receive())).toBe(number);
  }
  slow.resume();
  const { beats, other } = await beatsUntilOther(slow);
  expect(beats.length).toBeGreaterThan(0);
  expect(beats).toEqual(upTo(beats.length));
  expect(other).toMatchObject({ method: "events.lagged", params: { missed: 1_000 - beats.length } });
  await beat(agent, [1_000, 1_001]);
  for (const number of [1_000, 1_001]) expect(beatOf(await slow.receive())).toBe(number);
});

test("as many events as are kept are there for whoever comes back; of older ones it is told that they are missing", async () => {
  const daemon = await limited({ recent_events: 10 }, { a: STEADY });
  const agent = await attachAs(daemon, "a");
  const before = await daemon.call("events.subscribe", { types: ["daemon.*"] });
  await beat(agent, upTo(100));
  const late = await attached(daemon);
  await late.call("events.subscribe", { types: ["beat"], since: before.seq });
  expect(await late.receive()).toMatchObject({ method: "events.lagged", params: { missed: null } });
  const first = beatOf(await late.receive());
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(90);
  for (let number = first + 1; number < 100; number++) expect(beatOf(await late.receive())).toBe(number);
});

test("a subscriber that comes back catches up as fast as it reads, with more than may wait to be written to it", async () => {
  const daemon = await limited({ unwritten_size: "128KiB", recent_events: 3_000 }, { a: STEADY });
  const agent = await attachAs(daemon, "a");
  const { seq } = await daemon.call("events.subscribe", { types: ["daemon.*"] });
  await beat(agent, upTo(2_000));
  const late = await attached(daemon);
  late.pause();
  late.send(request("late", "events.subscribe", { types: ["beat"], since: seq }));
  await beat(agent, [2_000]);
  late.resume();
  await late.receive(answerTo("late"));
  for (const number of upTo(2_001)) expect(beatOf(await late.receive())).toBe(number);
});

test("requests of one agent over those that may wait are -32009, also when they come together; other agents' are taken", async () => {
  const slow = sh("trap 'sleep 1; exit' TERM; echo up; while :; do sleep 0.05; done", {
    autostart: true,
    ready: { output: "up" },
  });
  const daemon = await limited({ queued_requests: 3 }, { slow, other: STEADY });
  await daemon.until("slow", ({ ready }) => ready);
  const wire = await attached(daemon);
  const ask = (agent: string): Promise<Message> => wire.ask("lifecycle.request", { agent, action: "restart" });
  const answers = await Promise.all(upTo(10).map(() => ask("slow")));
  expect(answers.filter(({ error }) => error === undefined)).toHaveLength(3);
  for (const { error } of answers.slice(3)) expect({ error }).toMatchObject(limitReached("queued_requests"));
  expect(await ask("other")).toMatchObject({ result: { request: { agent: "other" } } });
  await daemon.event("lifecycle.done", "slow");
  expect(await ask("slow")).toMatchObject({ result: { request: { agent: "slow" } } });
});

test("requests with a key over those that are remembered are -32009; a known key, and none, are fine", async () => {
  const daemon = await limited({ keyed_requests: 10 }, { a: sh("exec sleep 60") });
  const ask = (key: string | undefined): Promise<Message> =>
    daemon.wire.ask("lifecycle.request", { agent: "a", action: "shutdown", key });
  const answers = await Promise.all(upTo(12).map((number) => ask(`key ${number}`)));
  for (const { error } of answers.slice(0, 10)) expect(error).toBeUndefined();
  for (const { error } of answers.slice(10)) expect({ error }).toMatchObject(limitReached("keyed_requests"));
  const [first] = answers.map(({ result }) => result as Result<"lifecycle.request">);
  expect(await ask("key 0")).toMatchObject({ result: { request: { id: first?.request.id } } });
  expect((await ask(undefined)).error).toBeUndefined();
});

test("a reload sets other limits, for connections that are there too", async () => {
  const daemon = await limited({ waits: 1, queued_requests: 1 }, { a: NEVER });
  const wire = await attached(daemon);
  const wait = (id: number) => wire.send(request(`w${id}`, "agent.start", { agent: "a", wait: true }));
  for (const id of upTo(2)) wait(id);
  expect(await wire.receive()).toMatchObject({ id: "w1", ...limitReached("waits") });
  configure(daemon.home, { daemon: { limits: { waits: 2 } }, agents: { a: NEVER } });
  expect(await daemon.call("daemon.reload", {})).toMatchObject({ unchanged: ["a"] });
  for (const id of [2, 3]) wait(id);
  expect(await wire.receive()).toMatchObject({ id: "w3", ...limitReached("waits") });
});

/** The most memory that a process has had in RAM so far. */
function peakBytes(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

/** Whether what one connection asks for without reading costs others nothing, and the daemon a bounded amount of memory. */
async function askUnread(daemon: TestDaemon, method: string, params: object): Promise<Wire> {
  const wire = await attached(daemon);
  wire.pause();
  for (const id of upTo(500)) wire.send(request(id, method, params));
  for (const _call of upTo(100)) await daemon.call("system.ping", {});
  return wire;
}

test("500 agent.logs of 8 MiB, asked for without reading, are made one at a time, as they are read, in order", async () => {
  const daemon = await limited({}, { a: sh("true") });
  mkdirSync(daemon.path("logs", "agents"), { recursive: true, mode: 0o700 });
  const line = `${"x".repeat(99)}\n`;
  writeFileSync(daemon.path("logs", "agents", "a.log"), line.repeat((8 * MiB) / line.length));
  const before = peakBytes(daemon.pid);
  const wire = await askUnread(daemon, "agent.logs", { agent: "a", lines: 100_000, bytes: 8 * MiB });
  wire.resume();
  for (const id of upTo(10)) {
    const { id: answered, result } = await wire.receive();
    expect(answered).toBe(id);
    expect((result as { readonly lines: readonly string[] }).lines).toHaveLength(Math.floor((8 * MiB) / line.length));
  }
  wire.close();
  await eventually(async () => (await connectionsOf(daemon)) === 1, "what was not read is forgotten");
  expect((peakBytes(daemon.pid) - before) / MiB).toBeLessThan(250);
});

test("500 lists of 500 agents, asked for without reading, are a bounded number of answers in memory", async () => {
  const agents = Object.fromEntries(upTo(500).map((number) => [`agent-${number}`, sh("exec sleep 60")]));
  const daemon = await limited({}, agents);
  const before = peakBytes(daemon.pid);
  const wire = await askUnread(daemon, "agent.list", {});
  wire.resume();
  for (const id of upTo(100)) expect(await wire.receive()).toMatchObject({ id, result: { agents: { length: 500 } } });
  expect((peakBytes(daemon.pid) - before) / MiB).toBeLessThan(150);
});

test("logs that are followed and left again at once, thousands of times, cost no memory", async () => {
  const daemon = await limited({}, { a: sh("true") });
  mkdirSync(daemon.path("logs", "agents"), { recursive: true, mode: 0o700 });
  writeFileSync(daemon.path("logs", "agents", "a.log"), "x\n".repeat(MiB));
  const before = peakBytes(daemon.pid);
  const wire = await attached(daemon);
  for (const id of upTo(3_000)) {
    wire.send(request(`f${id}`, "logs.follow", { agent: "a", lines: 100_000 }));
    wire.send(request(`u${id}`, "events.unsubscribe", { subscription: String(id + 1) }));
  }
  expect(await wire.receive(answerTo("u2999"))).toMatchObject({ result: {} });
  expect((peakBytes(daemon.pid) - before) / MiB).toBeLessThan(120);
});

const FRAMINGS = {
  lines: (json: string) => `${json}\n`,
  "Content-Length": (json: string) => `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
};
const framings = Object.entries(FRAMINGS);

/** A client in a process of its own: sends what it is given, shuts its side if it is to, and tells when it is answered. */
const CLIENT = `
const { socketPath, bytes, how } = JSON.parse(process.argv[1]);
const socket = require("node:net").connect({ path: socketPath, allowHalfOpen: true });
socket[how](bytes);
socket.once("data", () => process.stdout.write("answered"));
`;

test.each(
  framings.flatMap(([framing, frame]) => [
    { framing, frame, how: "write", what: "is killed" },
    { framing, frame, how: "end", what: "shuts its side and is killed later" },
  ]),
)("a client that waits, in $framing, which $what, is gone for the daemon too", async ({ frame, how }) => {
  const daemon = await limited({}, { a: NEVER });
  const { socketPath, token } = daemon.descriptor;
  const wait = request(2, "agent.start", { agent: "a", wait: true });
  const bytes = [request(1, "system.attach", { token }), wait].map((each) => frame(JSON.stringify(each))).join("");
  const client = spawn(process.execPath, ["-e", CLIENT, JSON.stringify({ socketPath, bytes, how })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(client, "exit");
  onTestFinished(async () => {
    client.kill("SIGKILL");
    await gone;
  });
  await within(once(client.stdout, "data"), () => "the client has attached");
  expect(await connectionsOf(daemon)).toBe(2);
  client.kill("SIGKILL");
  await gone;
  await eventually(async () => (await connectionsOf(daemon)) === 1, "the connection is given up");
});

test.each(framings)(
  "a client that shuts its side and waits, in %s, gets its answer and nothing else",
  async (_framing, frame) => {
    const slow = sh("exec sleep 60", { autostart: true, ready: { delay: "2500ms" } });
    const daemon = await limited({}, { slow });
    const socket = connect({ path: daemon.descriptor.socketPath, allowHalfOpen: true });
    onTestFinished(() => {
      socket.destroy();
    });
    const asked = [
      request(1, "system.attach", { token: daemon.descriptor.token }),
      request(2, "agent.start", { agent: "slow", wait: true }),
    ];
    socket.end(asked.map((each) => frame(JSON.stringify(each))).join(""));
    const answers = await within(socket.setEncoding("utf8").toArray(), () => "the daemon ends the connection");
    const texts = answers.join("").match(/\{"jsonrpc".*?\}(?=\n|Content|$)/g) ?? [];
    expect(texts.map((text) => (JSON.parse(text) as Message).id)).toEqual([1, 2]);
    expect(answers.join("")).toBe(texts.map(frame).join(""));
  },
);
