// JSON-RPC 2.0 to the letter: the specification's own examples and rules, over the socket in both framings.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { sh, sharedDaemon, startDaemon, type TestDaemon } from "../support/daemon.js";
import { within } from "../support/deadline.js";

/** A connection that sends texts as they are and gives back texts, with nothing of Hearth's own framing in between. */
interface Talk {
  send(text: string): void;
  /** The text of the next message. */
  hear(): Promise<string>;
}

const FRAMINGS = {
  lines: {
    frame: (text: string) => `${text.replaceAll("\n", " ")}\n`,
    take: (bytes: Buffer) => takeUntil(bytes, bytes.indexOf("\n"), 1),
  },
  "Content-Length": {
    frame: (text: string) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    take: (bytes: Buffer) => {
      const [head, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(bytes.toString("latin1")) ?? [""];
      if (length === undefined || bytes.length < head.length + Number(length)) return null;
      return takeUntil(bytes.subarray(head.length), Number(length), 0);
    },
  },
};

interface Taken {
  readonly text: string;
  readonly rest: Buffer;
}

function takeUntil(bytes: Buffer, end: number, separatorBytes: number): Taken | null {
  return end < 0 ? null : { text: bytes.toString("utf8", 0, end), rest: bytes.subarray(end + separatorBytes) };
}

async function talk(daemon: TestDaemon, framing: keyof typeof FRAMINGS): Promise<Talk> {
  const { frame, take } = FRAMINGS[framing];
  const socket = connect(daemon.descriptor.socketPath);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const heard = messages(socket, take);
  return {
    send: (text) => void socket.write(frame(text)),
    hear: async () => {
      const { value, done } = await within(heard.next(), () => "a message");
      if (done) throw new Error("the connection was closed");
      return value;
    },
  };
}

async function* messages(socket: Socket, take: (bytes: Buffer) => Taken | null): AsyncGenerator<string, undefined> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let taken = take(bytes); taken !== null; taken = take(bytes)) {
      bytes = Buffer.from(taken.rest);
      yield taken.text;
    }
  }
}

const NEXT = '{"jsonrpc": "2.0", "method": "system.version", "id": "next"}';
const VERSION = { daemonVersion: expect.any(String), protocolVersion: 1 };

const versionFor = (id: unknown) => ({ jsonrpc: "2.0", result: VERSION, id });
const DETAILS = { kind: expect.any(String), hint: expect.any(String) };
const errorFor = (id: unknown, code: number) => ({
  jsonrpc: "2.0",
  error: expect.objectContaining({ code, data: expect.objectContaining(DETAILS) }),
  id,
});

/** Says a text in both framings; the answers, and nothing else, are what is expected (undefined: none). */
async function expectAnswer(daemon: TestDaemon, text: string, answer: unknown): Promise<void> {
  for (const framing of Object.keys(FRAMINGS) as (keyof typeof FRAMINGS)[]) {
    const { send, hear } = await talk(daemon, framing);
    send(text);
    if (answer !== undefined) expect(JSON.parse(await hear()), framing).toEqual(answer);
    // Also proof that the connection goes on.
    send(NEXT);
    expect(JSON.parse(await hear()), framing).toEqual(versionFor("next"));
  }
}

const ours = sharedDaemon();

// Section 7 of the specification, in its order; methods of ours stand for its own.
test.each<[string, string, unknown]>([
  ["positional parameters, which we refuse", call("system.version", [42, 23], 1), errorFor(1, -32602)],
  ["positional parameters in another order", call("system.version", [23, 42], 2), errorFor(2, -32602)],
  ["named parameters", call("system.attach", { token: "none" }, 3), errorFor(3, -32001)],
  [
    "named parameters in another order",
    '{"id": 4, "params": {"token": "none"}, "method": "system.attach", "jsonrpc": "2.0"}',
    errorFor(4, -32001),
  ],
  ["a notification", call("system.version", {}), undefined],
  ["a notification without params", call("system.ping"), undefined],
  ["a non-existent method", call("foobar", undefined, "1"), errorFor("1", -32601)],
  ["invalid JSON", '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', errorFor(null, -32700)],
  ["an invalid request object", '{"jsonrpc": "2.0", "method": 1, "params": "bar"}', errorFor(null, -32600)],
  [
    "a batch that is invalid JSON",
    '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"]',
    errorFor(null, -32700),
  ],
  ["an empty array", "[]", errorFor(null, -32600)],
  ["an invalid batch that is not empty", "[1]", [errorFor(null, -32600)]],
  ["an invalid batch", "[1,2,3]", Array.from({ length: 3 }, () => errorFor(null, -32600))],
  [
    "a batch",
    batch(
      call("system.version", {}, "1"),
      call("system.ping", {}),
      call("system.version", undefined, "2"),
      '{"foo": "boo"}',
      call("foo.get", { name: "myself" }, "5"),
      call("system.version", {}, "9"),
    ),
    [versionFor("1"), versionFor("2"), errorFor(null, -32600), errorFor("5", -32601), versionFor("9")],
  ],
  ["a batch of notifications", batch(call("system.ping", {}), call("system.version", {})), undefined],
])("the specification's example: %s", async (_what, text, answer) => {
  await expectAnswer(ours(), text, answer);
});

test.each<[string, string, unknown]>([
  ["a string", '"a b"', "a b"],
  ["an empty string", '""', ""],
  ["zero", "0", 0],
  ["a negative number", "-7", -7],
  ["a fraction", "1.5", 1.5],
  ["the largest whole number of JavaScript", "9007199254740991", 9007199254740991],
  ["null, which is a request and no notification", "null", null],
])("an id is answered as it came: %s", async (_what, id, answered) => {
  const text = `{"jsonrpc": "2.0", "method": "system.version", "id": ${id}}`;
  await expectAnswer(ours(), text, versionFor(answered));
});

test.each([
  "9007199254740993",
  "-9223372036854775808",
  "18446744073709551615",
  "0.1000000000000000055511151231257827",
  "1e400",
])("an id that no double can hold is answered as it came: %s", async (id) => {
  for (const framing of Object.keys(FRAMINGS) as (keyof typeof FRAMINGS)[]) {
    const { send, hear } = await talk(ours(), framing);
    const text = `{"jsonrpc": "2.0", "method": "system.version", "id" : ${id}}`;
    send(text);
    expect(await hear()).toContain(`"id":${id}`);
    send(`[${text}, ${call("foobar", {}, 1)}]`);
    const answers = await hear();
    expect(answers).toContain(`"id":${id}`);
    expect(JSON.parse(answers)).toEqual([versionFor(Number(id)), errorFor(1, -32601)]);
  }
});

test.each<[string, string, unknown]>([
  ["an id that is an object", '{"jsonrpc": "2.0", "method": "system.ping", "id": {}}', errorFor(null, -32600)],
  ["an id that is an array", '{"jsonrpc": "2.0", "method": "system.ping", "id": [1]}', errorFor(null, -32600)],
  ["an id that is true", '{"jsonrpc": "2.0", "method": "system.ping", "id": true}', errorFor(null, -32600)],
  ["another version, with the id", '{"jsonrpc": "1.0", "method": "system.ping", "id": 9}', errorFor(9, -32600)],
  ["no version, with the id", '{"method": "system.ping", "id": 9}', errorFor(9, -32600)],
  ["a method that is a number, with the id", '{"jsonrpc": "2.0", "method": 1, "id": "x"}', errorFor("x", -32600)],
  ["no method", '{"jsonrpc": "2.0", "id": 9}', errorFor(9, -32600)],
  ["params that are null", call("system.ping", null, 9), errorFor(9, -32600)],
  ["params that are a string", call("system.ping", "bar", 9), errorFor(9, -32600)],
  ["an empty array of params, which is still by position", call("system.ping", [], 9), errorFor(9, -32602)],
  [
    "a request with a result",
    '{"jsonrpc": "2.0", "id": 3, "method": "system.ping", "result": null}',
    errorFor(3, -32600),
  ],
  ["a request with an error", '{"jsonrpc": "2.0", "id": 3, "method": "system.ping", "error": 1}', errorFor(3, -32600)],
  ["a notification with a result", '{"jsonrpc": "2.0", "method": "system.ping", "result": 1}', errorFor(null, -32600)],
  ["a string", '"system.ping"', errorFor(null, -32600)],
  ["a number", "7", errorFor(null, -32600)],
  ["null", "null", errorFor(null, -32600)],
  ["an empty object", "{}", errorFor(null, -32600)],
])("what is no request is refused by the rules: %s", async (_what, text, answer) => {
  await expectAnswer(ours(), text, answer);
});

test.each<[string, string, unknown]>([
  ["of one request", batch(call("system.version", {}, 1)), [versionFor(1)]],
  ["of one invalid request", "[null]", [errorFor(null, -32600)]],
  [
    "of a request that is a response too",
    batch('{"jsonrpc": "2.0", "id": 3, "method": "system.ping", "result": 1}'),
    [errorFor(3, -32600)],
  ],
  ["in a batch", "[[]]", [errorFor(null, -32600)]],
  ["in a batch, with a request in it", `[${batch(call("system.version", {}, 1))}]`, [errorFor(null, -32600)]],
  [
    "of requests with one id",
    batch(call("system.version", {}, 1), call("foobar", {}, 1)),
    [versionFor(1), errorFor(1, -32601)],
  ],
  [
    "of a notification and a request whose id is null",
    batch(call("system.version"), call("system.version", {}, null)),
    [versionFor(null)],
  ],
  ["of notifications that fail", batch(call("foobar"), call("system.ping", { no: "field" })), undefined],
  ["that holds a response", batch('{"jsonrpc": "2.0", "id": 1, "result": 1}'), undefined],
])("a batch %s", async (_what, text, answer) => {
  await expectAnswer(ours(), text, answer);
});

test.each([
  ["a result", '{"jsonrpc": "2.0", "id": 5, "result": "an answer nobody asked for"}'],
  ["an error", '{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "Parse error"}}'],
  ["a notification that fails", call("no.such.method", {})],
  ["a notification with params of the wrong kind", call("system.ping", [1])],
])("%s is not answered", async (_what, text) => {
  await expectAnswer(ours(), text, undefined);
});

test("requests that need attaching are carried out in a batch behind it, and answered in one", async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 60") } } });
  const text = batch(
    call("system.attach", { token: daemon.descriptor.token }, "attach"),
    call("agent.start", { agent: "a", wait: true }, "start"),
    call("agent.get", { agent: "b" }, "get"),
  );
  await expectAnswer(daemon, text, [
    { jsonrpc: "2.0", id: "attach", result: { role: "operator", protocolVersion: 1 } },
    { jsonrpc: "2.0", id: "start", result: { agents: [expect.objectContaining({ state: "running" })] } },
    errorFor("get", -32004),
  ]);
});

test("the members of an answer are those of the specification", async () => {
  const { send, hear } = await talk(ours(), "lines");
  send(call("system.version", {}, 1));
  expect(Object.keys(JSON.parse(await hear())).toSorted()).toEqual(["id", "jsonrpc", "result"]);
  send(call("foobar", {}, 2));
  const { error, ...rest } = JSON.parse(await hear());
  expect(Object.keys(rest).toSorted()).toEqual(["id", "jsonrpc"]);
  expect(Object.keys(error).toSorted()).toEqual(["code", "data", "message"]);
});

/** A request, or without an id a notification. */
function call(method: string, params?: unknown, id?: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params, id });
}

function batch(...messages: readonly string[]): string {
  return `[${messages.join(",")}]`;
}
