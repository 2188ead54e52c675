import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainWithColours } from "../../src/cli/render/text.js";
import { clipToWidth, padToWidth, widthOf, wrapToWidth } from "../../src/cli/render/width.js";
import { wrap } from "../../src/cli/render/wrap.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
const COLOUR = /\x1b\[[0-9;:]*m/g;

/** Lines as agents write them, with what makes them hard to measure. */
const line = fc
  .array(
    fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("\t", "漢", "🎉", "\x1b[31m", "\x1b[0m", "\x1b[1;4m")),
  )
  .map((parts) => plainWithColours(parts.join("")));

describe("the width of a text", () => {
  it.each([
    ["ascii", 5],
    ["", 0],
    ["漢字", 4],
    ["한글", 4],
    ["ｗｉｄｅ", 8],
    ["🎉", 2],
    ["e\u0301", 1],
    ["a\u200bb", 2],
    ["\x1b[31mred\x1b[0m", 3],
    ["a\tb", 9],
    ["❤\ufe0f", 2],
    ["·●▸─…", 5],
  ])("of %j is %i", (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe("a text cut or wrapped to a width", () => {
  it("is never wider, and ends without colour", () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 30 }), (text, columns) => {
        for (const row of [clipToWidth(text, columns), ...wrapToWidth(text, columns)]) {
          expect(widthOf(row)).toBeLessThanOrEqual(columns);
          const last = row.match(COLOUR)?.at(-1);
          expect(last === undefined || last === "\x1b[0m").toBe(true);
        }
        expect(widthOf(padToWidth(text, columns))).toBe(columns);
      }),
    );
  });

  it("loses nothing when it is wrapped", () => {
    const printable = line.map((text) => text.replaceAll("\t", ""));
    fc.assert(
      fc.property(printable, fc.integer({ min: 2, max: 30 }), (text, columns) => {
        const bare = (rows: readonly string[]): string => rows.join("").replaceAll(COLOUR, "");
        expect(bare(wrapToWidth(text, columns))).toBe(bare([text]));
      }),
    );
  });

  it("goes on in its colours in the next row", () => {
    expect(wrapToWidth("\x1b[1m\x1b[31mabcd", 2)).toEqual(["\x1b[1m\x1b[31mab\x1b[0m", "\x1b[1m\x1b[31mcd\x1b[0m"]);
    expect(wrapToWidth("\x1b[31mab\x1b[0mcd", 2)[1]).toBe("cd");
  });

  it("breaks between words by the cells they take", () => {
    expect(wrap("漢字 漢字 ab", 9)).toEqual(["漢字 漢字", "ab"]);
    expect(wrap("漢字 漢字 ab", 8)).toEqual(["漢字", "漢字 ab"]);
  });

  it("says that there was more", () => {
    expect([clipToWidth("abcd", 3), clipToWidth("abc", 3), clipToWidth("漢字", 3)]).toEqual(["ab…", "abc", "漢…"]);
  });
});
