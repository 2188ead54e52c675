// The promises of the framing: what arrives is what was sent, however it was cut, and nothing a peer sends can harm.
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Frame } from "../../protocol/frame.js";
import { encode, encodeText, FrameDecoder, type Framing } from "../../protocol/framing.js";

const framings: readonly Framing[] = ["newline", "content-length"];
const message = (value: unknown): Frame => ({ kind: "message", value });

function decodeAll(chunks: readonly (Buffer | string)[], { maxBytes = 1 << 20 } = {}): Frame[] {
  const decoder = new FrameDecoder({ maxBytes });
  return chunks.flatMap((chunk) => {
    decoder.push(Buffer.from(chunk));
    return drain(decoder);
  });
}

function drain(decoder: FrameDecoder): Frame[] {
  const frames: Frame[] = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  return frames;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const messages = fc.array(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), { maxLength: 8 });
const places = fc.array(fc.nat(), { maxLength: 30 });

test.each(framings)("messages are the same however their bytes are cut (%s)", (framing) =>
  fc.assert(
    fc.property(messages, places, (values, cuts) => {
      const texts = values.map((value) => JSON.stringify(value));
      const bytes = Buffer.from(texts.map((text) => encodeText(text, framing)).join(""));
      expect(decodeAll(cut(bytes, cuts))).toEqual(texts.map((text) => message(JSON.parse(text))));
    }),
  ),
);

test.each(framings)(
  "messages that arrive byte by byte, or while others wait to be read, are all there (%s)",
  (framing) => {
    const bytes = Buffer.from([{ a: "ä" }, { b: [] }, { c: "😀" }].map((value) => encode(value, framing)).join(""));
    const decoder = new FrameDecoder({ maxBytes: 100 });
    for (const byte of bytes) decoder.push(Buffer.of(byte));
    expect(drain(decoder)).toEqual([message({ a: "ä" }), message({ b: [] }), message({ c: "😀" })]);
  },
);

test("a reader that stops between frames misses nothing that arrives meanwhile", () => {
  const decoder = new FrameDecoder({ maxBytes: 100 });
  decoder.push(Buffer.from('"long'));
  expect(decoder.next()).toBeUndefined();
  decoder.push(Buffer.from('er"\n'));
  expect(decoder.next()).toEqual(message("longer"));
  decoder.push(Buffer.from("1\n"));
  expect(decoder.next()).toEqual(message(1));
});

test("arbitrary bytes never throw, and a line that follows them is still read", () => {
  const otherwise = fc.uint8Array().filter((bytes) => bytes[0] !== 0x43 && bytes[0] !== 0x63);
  return fc.assert(
    fc.property(otherwise, places, (noise, cuts) => {
      const bytes = Buffer.concat([noise, Buffer.from('\n{"alive":true}\n')]);
      expect(decodeAll(cut(bytes, cuts)).at(-1)).toEqual(message({ alive: true }));
    }),
  );
});

test("arbitrary bytes after a Content-Length header never throw", () =>
  fc.assert(
    fc.property(fc.uint8Array(), places, (noise, cuts) => {
      const bytes = Buffer.concat([Buffer.from("Content-Length: 2\r\n\r\n{}"), noise]);
      expect(decodeAll(cut(bytes, cuts))[0]).toEqual(message({}));
    }),
  ));

test("the first byte decides the framing, in either case of the letter", () => {
  const framingOf = (text: string) => {
    const decoder = new FrameDecoder({ maxBytes: 10 });
    decoder.push(Buffer.from(text));
    return decoder.framing;
  };
  expect(["C", "c", "{", "\n", " "].map(framingOf)).toEqual([
    "content-length",
    "content-length",
    "newline",
    "newline",
    "newline",
  ]);
  expect(new FrameDecoder({ maxBytes: 10 }).framing).toBeNull();
});

test("a line may end in \\r\\n, and empty lines mean nothing", () => {
  expect(decodeAll(["\n\r\n{}\r\n\n\n[1]\n"])).toEqual([message({}), message([1])]);
  expect(decodeAll(["\n", "\r\n", "{}\r\n", "\n", "[1]\n"])).toEqual([message({}), message([1])]);
});

test.each([
  ["a byte that is not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["a surrogate encoded as UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ["an overlong encoding", Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ["a byte order mark", Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
  ["text that is not JSON", Buffer.from("{nonsense")],
])("%s is invalid, and the messages around it are read", (_what, bad) => {
  const lines = [Buffer.from("[1]\n"), bad, Buffer.from("\n[2]\n")];
  const [first, second, third, ...rest] = decodeAll([Buffer.concat(lines)]);
  expect([first, second?.kind, third, rest]).toEqual([message([1]), "invalid", message([2]), []]);
});

test("content that is not UTF-8 or not JSON is invalid, and the next message is read", () => {
  const bytes = Buffer.concat([
    Buffer.from("Content-Length: 1\r\n\r\n"),
    Buffer.of(0xff),
    Buffer.from(encode({}, "content-length")),
  ]);
  const [bad, good] = decodeAll([bytes, "Content-Length: 0\r\n\r\n"]);
  expect([bad?.kind, good]).toEqual(["invalid", message({})]);
  expect(decodeAll(["Content-Length: 0\r\n\r\n"]).map(({ kind }) => kind)).toEqual(["invalid"]);
});

test.each(framings)("a frame of just the limit is read, one byte more is too large and the end (%s)", (framing) => {
  const text = JSON.stringify({ text: "é" });
  const maxBytes = Buffer.byteLength(text);
  const bytes = encodeText(text, framing);
  expect(decodeAll([bytes, bytes], { maxBytes })).toEqual([message({ text: "é" }), message({ text: "é" })]);
  const larger = encodeText(` ${text}`, framing);
  expect(decodeAll([bytes + larger + bytes, bytes], { maxBytes })).toEqual([
    message({ text: "é" }),
    { kind: "too-large", maxBytes },
  ]);
});

test("the carriage return does not count against the limit, at whichever byte the line is cut", () => {
  for (const place of [1, 2, 3, 4]) {
    expect(decodeAll(cut(Buffer.from("{}\r\n"), [place]), { maxBytes: 2 })).toEqual([message({})]);
  }
});

test("a line without an end is too large as soon as it is over the limit", () => {
  const decoder = new FrameDecoder({ maxBytes: 8 });
  decoder.push(Buffer.from("[1]\n12345678"));
  expect(drain(decoder)).toEqual([message([1])]);
  decoder.push(Buffer.from("9"));
  expect(drain(decoder)).toEqual([{ kind: "too-large", maxBytes: 8 }]);
});

test("content is refused by its header, before any of it arrives", () => {
  expect(decodeAll(["Content-Length: 999999999999999\r\n\r\n"])).toEqual([{ kind: "too-large", maxBytes: 1 << 20 }]);
});

test.each(framings)(
  "a limit raised after one frame holds for the next, though both arrived together (%s)",
  (framing) => {
    const large = { text: "x".repeat(1_000) };
    const decoder = new FrameDecoder({ maxBytes: 20 });
    decoder.push(Buffer.from(encode({ attach: 1 }, framing) + encode(large, framing)));
    expect(decoder.next()).toEqual(message({ attach: 1 }));
    decoder.maxBytes = 2_000;
    expect(drain(decoder)).toEqual([message(large)]);
  },
);

test("further headers and any case of the name are accepted", () => {
  const header = "content-LENGTH:  2 \r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n";
  expect(decodeAll([`${header}{}${header}[]`])).toEqual([message({}), message([])]);
});

const headers = fc.constantFrom(
  (length: number) => `Content-Length: ${length}\r\n\r\n`,
  (length: number) => `content-length:${length}\r\n\r\n`,
  (length: number) => `Content-Length: 00${length}\r\n\r\n`,
  (length: number) => `Content-Length: ${length}\r\nContent-Type: application/json\r\n\r\n`,
);

test("messages are the same whichever headers stand before them, and however their bytes are cut", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.jsonValue(), headers), { maxLength: 8 }), places, (values, cuts) => {
      const texts = values.map(([value]) => JSON.stringify(value));
      const bytes = Buffer.from(
        values.map(([, header], index) => header(Buffer.byteLength(texts[index] ?? "")) + texts[index]).join(""),
      );
      expect(decodeAll(cut(bytes, cuts))).toEqual(texts.map((text) => message(JSON.parse(text))));
    }),
  ));

test("what stands behind usual frames is judged as if it came alone", () => {
  const usual = encode({ text: "usual" }, "content-length");
  const judged = (bytes: string) => decodeAll([bytes], { maxBytes: 100 });
  for (const odd of ["Content-Length: 101\r\n\r\n{}", "Content-Length: -1\r\n\r\n{}", "Content-Length: 1\r\n\r\n{"]) {
    expect(judged(usual + usual + odd)).toEqual([...judged(usual), ...judged(usual), ...judged(odd)]);
  }
});

test.each([
  ["no length", "Content-Type: x\r\n\r\n{}"],
  ["a length that is no number", "Content-Length: 2x\r\n\r\n{}"],
  ["a negative length", "Content-Length: -2\r\n\r\n{}"],
  ["two lengths", "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"],
  ["no colon", "Content-Length 2\r\n\r\n{}"],
  ["a newline without its carriage return", "Content-Length: 2\n\n{}"],
  ["a header that never ends", "C".repeat(5_000)],
  ["headers that never end", "Content-Type: x\r\n".repeat(500)],
])("a header with %s is bad, and the end", (_what, bytes) => {
  expect(decodeAll([bytes, encode({}, "content-length")]).map(({ kind }) => kind)).toEqual(["bad-header"]);
});

test("a frame sent byte by byte is not copied anew for each byte", () => {
  const allocations = vi.spyOn(Buffer, "allocUnsafeSlow");
  const chunks = Array.from(Buffer.from(`"${"x".repeat(100_000)}"\n`), (byte) => Buffer.of(byte));
  expect(decodeAll(chunks)).toHaveLength(1);
  expect(allocations.mock.calls.length).toBeLessThan(10);
  allocations.mockRestore();
});

test("bytes that hold frames with usual headers and others are not made into text again and again", () => {
  const usual = "Content-Length: 2\r\n\r\n{}";
  const bytes = Buffer.from((usual + usual.toLowerCase()).repeat(10_000));
  const decoded = vi.spyOn(Buffer.prototype, "toString");
  expect(decodeAll([bytes])).toHaveLength(20_000);
  const decodedBytes = decoded.mock.contexts.reduce((sum: number, each) => sum + (each as Buffer).length, 0);
  decoded.mockRestore();
  expect(decodedBytes).toBeLessThan(3 * bytes.length);
});

const byteByByte = Array.from(Buffer.from(`"${"x".repeat(5_000)}"\n`), (byte) => Buffer.of(byte));
const badLastLine = [Buffer.concat([Buffer.from("1\n".repeat(5_000)), Buffer.of(0xff, 0x0a)])];

test.each([
  ["a frame sent byte by byte is", byteByByte],
  ["many lines before a bad one are", badLastLine],
])("%s not searched for newlines again and again", (_what, chunks) => {
  const searches = vi.spyOn(Buffer.prototype, "lastIndexOf");
  expect(decodeAll(chunks).length).toBeGreaterThan(0);
  const searchedBytes = searches.mock.contexts.reduce((sum: number, searched) => sum + (searched as Buffer).length, 0);
  searches.mockRestore();
  expect(searchedBytes).toBeLessThan(3 * Buffer.concat(chunks).length);
});
