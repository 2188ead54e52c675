// What the line splitter promises: the same lines however the bytes arrive, and bounded memory.
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../src/logs/lines.js";

function split(chunks: readonly Buffer[], maxLineBytes = 1000): string[] {
  const splitter = new LineSplitter({ maxLineBytes });
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.flush()];
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(start, start + length));
    start += length;
  }
  return [...chunks, bytes.subarray(start)];
}

const text = fc
  .array(fc.constantFrom("a", "é", "漢", "🦔", "\n", "\r"), { maxLength: 60 })
  .map((parts) => parts.join(""));

test("the lines are the same wherever the bytes are cut", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(7)), (written, lengths) => {
      const lines = written.split("\n");
      if (lines.at(-1) === "") lines.pop();
      expect(split(cut(Buffer.from(written), lengths))).toEqual(lines);
    }),
  );
});

test("a line that never ends comes in pieces that cut no character", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(7)), (written, lengths) => {
      const endless = written.replaceAll("\n", "🦔");
      const pieces = split(cut(Buffer.from(endless), lengths), 8);
      expect(pieces.join("")).toBe(endless);
      for (const piece of pieces.slice(0, -1)) expect(Buffer.byteLength(piece)).toBeGreaterThanOrEqual(5);
    }),
  );
});

test("an unfinished line is held until its newline", () => {
  const splitter = new LineSplitter({ maxLineBytes: 1000 });
  expect(splitter.push(Buffer.from("one\ntw"))).toEqual(["one"]);
  expect(splitter.push(Buffer.from("o"))).toEqual([]);
  expect(splitter.push(Buffer.from("\n"))).toEqual(["two"]);
  expect(splitter.flush()).toEqual([]);
});
