// The promises of a poke's text: nothing that acts on a terminal gets through, and the reason names what was refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flawInPokeText, flawInStdinText, MAX_POKE_BYTES } from "../../protocol/poke-text.js";

const CONTROLS = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, index) => 0x80 + index)];
const refused = CONTROLS.filter((code) => code !== 0x09 && code !== 0x0a).map((code) => String.fromCodePoint(code));

describe("a poke may say", () => {
  test.each([
    ["words", "Check your hook."],
    ["tabs and newlines", "a\tb\nc"],
    ["other alphabets and emoji", "\u00e4\u00df \u6f22\u5b57 \u{1f525}"],
    ["what only looks like an escape sequence", "\\x1b[201~ ^[ [201~"],
    ["letters right after the C1 controls", "\u00a0\u00ad"],
    ["as many bytes as are allowed", "x".repeat(MAX_POKE_BYTES)],
    ["as many bytes of other letters", "\u00e9".repeat(MAX_POKE_BYTES / 2)],
  ])("%s", (_, text) => {
    expect(flawInPokeText(text)).toBeNull();
  });
});

test.each(refused)("the control character %j is refused wherever it stands", (character) => {
  const name = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  for (const text of [character, `a${character}`, `${character}b`, `a\n${character}\nb`]) {
    expect(flawInPokeText(text)).toContain(name);
  }
});

test.each([
  ["the end of a bracketed paste", "a\x1b[201~rm -rf /\r", "must not contain the control character ESC (U+001B)"],
  ["the same with one character for ESC [", "a\x9b201~", "must not contain the control character U+009B"],
  ["an interrupt", "\x03", "must not contain the control character Ctrl-C (U+0003)"],
  ["a carriage return", "a\r\nb", "must not contain the control character carriage return (U+000D)"],
  ["a deletion", "\x7f", "must not contain the control character DEL (U+007F)"],
  ["half of a surrogate pair", "a\udc00", "must not contain half of a surrogate pair (U+DC00)"],
  ["nothing", "", "must not be empty"],
  ["one byte too many", "x".repeat(4_097), "must have at most 4096 bytes, has 4097"],
  ["too many bytes in fewer characters", "\u{1f525}".repeat(1_025), "must have at most 4096 bytes, has 4100"],
])("%s is refused in words", (_, text, flaw) => {
  expect(flawInPokeText(text)).toBe(flaw);
});

test("what passes has no control character but tab and newline, and survives UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const hasControl = [...text].some((character) => refused.includes(character));
      expect(flawInPokeText(text) === null).toBe(text !== "" && !hasControl && Buffer.from(text).toString() === text);
    }),
  );
});

test("a process's standard input takes one line", () => {
  expect(flawInStdinText("a\tb")).toBeNull();
  expect(flawInStdinText("a\nb")).toContain("newline (U+000A)");
  expect(flawInStdinText("a\x1b")).toBe(flawInPokeText("a\x1b"));
});
