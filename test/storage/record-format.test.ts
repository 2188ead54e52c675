// How journal and checkpoint are read: good lines, torn lines, bad lines, newer versions.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeJournal,
  decodeSnapshot,
  encodeRecord,
  encodeSnapshot,
  JOURNAL_HEADER,
  NewerStateError,
} from "../../src/storage/record-format.js";

const first = encodeRecord(1, { kind: "agent", key: "mayor", value: { wanted: "up" } });
const second = encodeRecord(2, { kind: "agent", key: "mayor", value: null });

const decode = (text: string | Buffer) => decodeJournal(Buffer.from(text), "journal.ndjson");

test("a journal cut anywhere gives the lines that are whole, and the offset to go on from", () => {
  const whole = Buffer.from(JOURNAL_HEADER + first + second);
  for (let length = 0; length <= whole.length; length += 1) {
    const content = decodeJournal(whole.subarray(0, length), "journal.ndjson");
    const lastNewline = whole.subarray(0, length).lastIndexOf("\n") + 1;
    expect(content.endByte).toBe(lastNewline);
    expect(content.bad).toEqual([]);
    expect(content.records.length).toBe(
      [first, second].filter((_, n) => length >= (JOURNAL_HEADER + [first, first + second][n]).length).length,
    );
  }
});

test("a last line that cannot be parsed is torn even with its newline", () => {
  const content = decode(`${JOURNAL_HEADER}${first}{"seq":2,"kind"\n`);
  expect(content).toMatchObject({ endByte: (JOURNAL_HEADER + first).length, bad: [], records: [{ seq: 1 }] });
});

test("bytes at the end that are no line of ours are not taken for a torn line", () => {
  const content = decode(Buffer.concat([Buffer.from(JOURNAL_HEADER + first), Buffer.alloc(64)]));
  expect(content).toMatchObject({ endByte: (JOURNAL_HEADER + first).length, bad: [Buffer.alloc(64)] });
});

test.each([
  ["no JSON", "nonsense\n"],
  ["JSON that is no record", '{"hello":"world"}\n'],
  ["a record without a value", '{"seq":1,"kind":"agent","key":"a"}\n'],
  ["a record with a broken seq", '{"seq":"1","kind":"agent","key":"a","value":1}\n'],
  [
    "bytes that are not UTF-8",
    Buffer.concat([Buffer.from('{"seq":1,"kind":"agent","key":"'), Buffer.from([0xff]), Buffer.from('","value":1}\n')]),
  ],
])("a line in the middle with %s is bad, and the rest goes on", (_, line) => {
  const content = decode(Buffer.concat([Buffer.from(JOURNAL_HEADER + first), Buffer.from(line), Buffer.from(second)]));
  expect(content.records.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(content.bad).toEqual([Buffer.from(line)]);
});

test("a newer journal and a newer checkpoint are refused by name and version", () => {
  expect(() => decode(`{"hearth":"journal","version":2}\n`)).toThrow(NewerStateError);
  const newer = () => decodeSnapshot(Buffer.from('{"version":9,"through":1,"records":{}}'), "state.json");
  expect(newer).toThrow(expect.objectContaining({ file: "state.json", version: 9 }));
});

test.each([
  ["nothing", "", "empty"],
  ["binary", Buffer.from([0, 255, 1, 2]), "not JSON"],
  ["half a checkpoint", '{"version":1,"through":3,"rec', "not JSON"],
  ["an array", "[]", "no version"],
  ["malformed records", '{"version":1,"through":3,"records":[{"kind":"agent"}]}', "malformed"],
])("a checkpoint of %s is unreadable and says why", (_, bytes, reason) => {
  const snapshot = decodeSnapshot(Buffer.from(bytes), "state.json");
  expect(snapshot).toEqual({ unreadable: expect.stringContaining(reason) });
});

const keyedValue = fc.record({ kind: fc.string(), key: fc.string({ unit: "binary" }), value: fc.jsonValue() });

test("what is encoded is decoded, in order, whatever the names", () => {
  fc.assert(
    fc.property(fc.array(keyedValue), (records) => {
      const lines = records.map((record, n) => encodeRecord(n + 1, record));
      const plain = (values: unknown) => JSON.parse(JSON.stringify(values));
      expect(decode(JOURNAL_HEADER + lines.join("")).records).toEqual(
        plain(records.map((r, n) => ({ seq: n + 1, ...r }))),
      );
      const snapshot = decodeSnapshot(Buffer.from(encodeSnapshot(7, records)), "state.json");
      expect(snapshot).toMatchObject({ through: 7, records: plain(records) });
    }),
  );
});

test("a value that JSON cannot hold is refused before anything is written", () => {
  expect(() => encodeRecord(1, { kind: "agent", key: "a", value: undefined })).toThrow(TypeError);
  expect(() => encodeRecord(1, { kind: "agent", key: "a", value: 1n })).toThrow(TypeError);
});
