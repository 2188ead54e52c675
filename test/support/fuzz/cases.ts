// Makes streams of bytes that no well-behaved client would send, and ways of sending them.
import fc from "fast-check";
import type { KnownMethod } from "./oracle.js";

/** One connection's worth of trouble. */
export interface Case {
  readonly bytes: Buffer;
  /** Where the bytes are cut into writes: fractions of their length. */
  readonly cuts: readonly number[];
  /** How the client leaves: it waits for its answers, shuts its side first, or is gone at once. */
  readonly leaving: "politely" | "half-closed" | "at once";
}

export function cases(known: readonly KnownMethod[]): fc.Arbitrary<Case> {
  const frames = fc.array(payload(known), { minLength: 1, maxLength: 6 });
  const bytes = fc.oneof(
    { weight: 6, arbitrary: frames.map((each) => Buffer.concat(each.map(asLine))) },
    { weight: 5, arbitrary: frames.map((each) => Buffer.concat(each.map(asContent))) },
    { weight: 2, arbitrary: fc.tuple(frames, wrongHeader).map(([each, wrong]) => withHeader(each, wrong)) },
    { weight: 1, arbitrary: fc.tuple(frames, frames).map(([lines, contents]) => mixed(lines, contents)) },
  );
  return fc.record({
    bytes: fc.oneof({ weight: 4, arbitrary: bytes }, { weight: 3, arbitrary: damaged(bytes) }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
    leaving: fc.oneof(
      { weight: 8, arbitrary: fc.constant("politely" as const) },
      { weight: 3, arbitrary: fc.constant("half-closed" as const) },
      { weight: 1, arbitrary: fc.constant("at once" as const) },
    ),
  });
}

/** Texts that mean something to somebody's object, parser or number. */
const awkward = fc.constantFrom(
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "prototype", "then", "toJSON"],
  ...["", "\u0000", "\ud800", "\udfff\ud800", "\u2028", "\ufeff", "é".repeat(300), "$/cancelRequest", "rpc.", "null"],
);

const number = fc.oneof(
  fc.integer(),
  fc.double().filter(Number.isFinite),
  fc.constantFrom(0, -0, 2 ** 53, -(2 ** 63), 5e-324, 1.5),
);
const id = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(number, fc.string(), awkward, fc.constant(null)) },
  { weight: 1, arbitrary: fc.oneof(fc.boolean(), fc.object({ maxDepth: 1 }), fc.array(fc.integer())) },
);

function request(known: readonly KnownMethod[]): fc.Arbitrary<unknown> {
  const valid = known.flatMap(({ name, valid: calls }) => calls.map(({ params }) => ({ method: name, params })));
  const method = fc.oneof(fc.constantFrom(...known.map(({ name }) => name)), awkward, fc.string());
  const params = fc.oneof(
    fc.dictionary(fc.oneof(awkward, fc.string()), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const call = fc.oneof(fc.constantFrom(...valid), fc.record({ method, params }, { requiredKeys: ["method"] }));
  const envelope = fc.record(
    { jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant("2.0") }, { weight: 1, arbitrary: fc.jsonValue() }), id },
    { requiredKeys: ["jsonrpc"] },
  );
  return fc.tuple(envelope, call).map(([head, body]) => ({ ...head, ...body }));
}

function payload(known: readonly KnownMethod[]): fc.Arbitrary<Buffer> {
  const one = request(known);
  const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  return fc.oneof(
    { weight: 60, arbitrary: one.map(text) },
    { weight: 20, arbitrary: fc.array(fc.oneof(one, fc.jsonValue({ maxDepth: 1 })), { maxLength: 5 }).map(text) },
    { weight: 10, arbitrary: fc.jsonValue().map(text) },
    { weight: 10, arbitrary: oddText },
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom(...enormous()) },
  );
}

/** JSON that no serializer writes: twice the same key, numbers beyond all range, escapes of half a character. */
const oddText = fc
  .constantFrom(
    '{"jsonrpc":"2.0","id":1,"id":2,"method":"system.ping"}',
    '{"jsonrpc":"2.0","method":"no.such","method":"system.ping","id":"twice"}',
    '{"jsonrpc":"2.0","id":1e999,"method":"system.ping"}',
    '{"jsonrpc":"2.0","id":-0,"method":"system.ping"}',
    '{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"system.ping"}',
    '{"jsonrpc":"2.0","id":"\\ud800","method":"system.ping"}',
    '{"jsonrpc":"2.0","id":3,"method":"\\udc00\\ud800"}',
    '{"jsonrpc":"2.0","id":4,"method":"system.ping","params":{"__proto__":{"jsonrpc":"2.0"}}}',
    '{"jsonrpc":"2.0","id":5,"method":"agent.get","params":{"__proto__":{"agent":"a"}}}',
    '{"__proto__":{"jsonrpc":"2.0","method":"system.ping"},"id":6}',
    '{"jsonrpc":"2.0","id":7,"method":"system.ping"} trailing',
    '\ufeff{"jsonrpc":"2.0","id":8,"method":"system.ping"}',
    '  {"jsonrpc":"2.0","id":9,"method":"system.ping"}\t',
    '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1},"id":1}',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"system.ping","result":{}}',
    '{"jsonrpc":"2.0","method":"system.ping","error":null}',
    "NaN",
    "-",
    "[[]]",
    "[[[]],{}]",
  )
  .map((text) => Buffer.from(text));

/** Few, because each is large: nested a hundred thousand deep, ten thousand requests in one, a name of a megabyte. */
function enormous(): Buffer[] {
  const depth = 100_000;
  const ping = '{"jsonrpc":"2.0","id":1,"method":"system.ping"}';
  return [
    `${"[".repeat(depth)}${"]".repeat(depth)}`,
    `{"jsonrpc":"2.0","id":1,"method":"system.ping","params":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`,
    `{"jsonrpc":"2.0","id":${"[".repeat(depth)}${"]".repeat(depth)},"method":"system.ping"}`,
    `[${Array.from({ length: 10_000 }, () => ping).join()}]`,
    `[${Array.from({ length: 1_000 }, () => "1").join()}]`,
    `{"jsonrpc":"2.0","id":"${"i".repeat(1_000_000)}","method":"system.ping"}`,
    `{"jsonrpc":"2.0","id":1,"method":"${"m".repeat(1_000_000)}"}`,
  ].map((text) => Buffer.from(text));
}

const wrongHeader = fc.constantFrom(
  "Content-Length: -1\r\n\r\n{}",
  "Content-Length: 1e3\r\n\r\n{}",
  "Content-Length: 99999999999999999999\r\n\r\n{}",
  "Content-Length: 17000000\r\n\r\n{}",
  "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
  "Content-Length: 2\n\n{}",
  "Content-Length 2\r\n\r\n{}",
  "content-length:0\r\n\r\n",
  "Content-Type: text\r\n\r\n{}",
  `Content-Length: 2\r\nX: ${"x".repeat(5_000)}\r\n\r\n{}`,
  "Content-Length: 5\r\n\r\n{}",
  "Content-Length: 1\r\n\r\n{}",
);

function asLine(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.from("\n")]);
}

function asContent(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

function withHeader(frames: readonly Buffer[], wrong: string): Buffer {
  return Buffer.concat([...frames.map(asContent), Buffer.from(wrong)]);
}

function mixed(lines: readonly Buffer[], contents: readonly Buffer[]): Buffer {
  return Buffer.concat([...lines.map(asLine), ...contents.map(asContent), ...lines.map(asLine)]);
}

/** Cut short, or with some bytes replaced. */
function damaged(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const blows = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  return fc.tuple(bytes, fc.option(place), blows).map(([whole, end, changes]) => {
    const copy = Buffer.from(whole.subarray(0, end === null ? whole.length : Math.floor(end * whole.length)));
    for (const [at, byte] of changes) if (copy.length > 0) copy[Math.floor(at * copy.length)] = byte;
    return copy;
  });
}
