// The soak's reader of numbered lines sees whatever can happen to an output.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numberedLine, readLines } from "../../scripts/soaking/line.js";

const STRICT = { agent: "town/mayor", mayEndTorn: false };
const TERMINAL = { agent: "town/mayor", mayEndTorn: true };

/** An output in which each incarnation prints so many lines. */
function printed(lines: readonly (readonly [incarnation: number, count: number])[]): string[] {
  return lines.flatMap(([incarnation, count]) =>
    Array.from({ length: count }, (_, index) => numberedLine(STRICT.agent, incarnation, index + 1)),
  );
}

const output = printed([
  [1, 30],
  [2, 1],
  [5, 40],
]);

test("an output without a fault has none, and tells the last line of each incarnation", () => {
  const { faults, lastLine } = readLines(output.join(""), STRICT);
  expect({ faults, lastLine: [...lastLine] }).toEqual({
    faults: [],
    lastLine: [
      [1, 30],
      [2, 1],
      [5, 40],
    ],
  });
});

test("a terminal's line ends are those of a terminal", () => {
  expect(readLines(output.join("").replaceAll("\n", "\r\n"), TERMINAL).faults).toEqual([]);
});

/** Lines after which another line of the same incarnation follows. */
const inTheMiddle = fc.integer({ min: 0, max: output.length - 2 }).filter((index) => index !== 29 && index !== 30);

describe("is seen wherever it happens:", () => {
  const expectSeen = (spoil: (index: number) => string): void => {
    fc.assert(
      fc.property(inTheMiddle, (index) => {
        expect(readLines(spoil(index), STRICT).faults).not.toEqual([]);
      }),
    );
  };

  test("a lost line", () => expectSeen((index) => output.toSpliced(index, 1).join("")));

  test("a doubled line", () => expectSeen((index) => output.toSpliced(index, 0, output[index] ?? "").join("")));

  test("two lines that changed places", () =>
    expectSeen((index) => output.toSpliced(index, 2, ...output.slice(index, index + 2).reverse()).join("")));

  test("a line of an incarnation that is over", () => expectSeen(() => [...output, ...printed([[2, 1]])].join("")));

  test("something that is no line of its", () => expectSeen((index) => output.toSpliced(index, 0, "oops\n").join("")));

  test("bytes that are missing anywhere", () => {
    const text = output.join("");
    const cut = fc.record({
      from: fc.integer({ min: 0, max: text.length - 2 }),
      length: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(cut, ({ from, length }) => {
        const { faults, lastLine } = readLines(text.slice(0, from) + text.slice(from + length), STRICT);
        // Without its last lines an incarnation's output is whole: only what it wrote down itself tells that they are missing.
        expect(faults.length > 0 || lastLine.get(1) !== 30 || lastLine.get(2) !== 1 || lastLine.get(5) !== 40).toBe(
          true,
        );
      }),
    );
  });
});

test("only a terminal's program may be killed in the middle of a line", () => {
  const torn = [...printed([[1, 3]]), numberedLine(STRICT.agent, 1, 4).slice(0, -5), ...printed([[2, 2]])].join("");
  expect(readLines(torn, TERMINAL).faults).toEqual([]);
  expect(readLines(torn, STRICT).faults).not.toEqual([]);
  expect(readLines(torn.replace("town/mayor 1 4", "town/mayor 1 5"), TERMINAL).faults).not.toEqual([]);
});
