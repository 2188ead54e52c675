// The promises of exact ids: they come back digit by digit, and nothing else is taken for one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { keepExactIds, writeExactIds } from "../../protocol/exact-id.js";

function read(text: string): { readonly id?: unknown } {
  return keepExactIds(JSON.parse(text), text) as { id?: unknown };
}

test("any whole number comes back digit by digit", () => {
  fc.assert(
    fc.property(fc.bigInt(), (number) => {
      const { id } = read(`{"id":${number},"method":"m"}`);
      expect(writeExactIds({ id })).toBe(`{"id":${number}}`);
    }),
  );
});

test("an id that JavaScript holds exactly stays a number, and a string stays a string", () => {
  expect(read('{"id":9007199254740991}')).toEqual({ id: 9007199254740991 });
  expect(read('{"id":"9007199254740993"}')).toEqual({ id: "9007199254740993" });
});

test("what merely looks like an id is left alone", () => {
  const inside = { id: 7, handoff: '{"id":9007199254740993}', key: 'x\\"id":1e400', n: 9007199254740993n };
  const text = JSON.stringify({ id: 0, params: inside }, (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const odd = text.replace('"id":0', '"id":1.5');
  expect(read(odd)).toMatchObject({ params: JSON.parse(text).params });
});

test("a request and its cancellation name it alike", () => {
  const request = read('{"id":9223372036854775807,"method":"lifecycle.wait"}');
  const cancel = read('{"method":"$/cancelRequest","params":{"id":9223372036854775807}}') as { params?: unknown };
  expect(cancel.params).toEqual({ id: request.id });
});

test("an answer may be large and hold the mark without harm", () => {
  const { id } = read('{"id":1e400}');
  const result = { lines: ['"id":"\\u0000number:5"', "\0number:5"] };
  expect(JSON.parse(writeExactIds({ result, id }).replace('"id":1e400', '"id":1'))).toEqual({ result, id: 1 });
});
