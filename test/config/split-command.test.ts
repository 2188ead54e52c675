// A command string means what it would mean to a shell, or it is refused.

import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandSyntaxError, splitCommand } from "../../src/config/split-command.js";

describe("a command string is split", () => {
  test.each([
    ["picoclaw gateway", ["picoclaw", "gateway"]],
    ["  a\t b\n c  ", ["a", "b", "c"]],
    ["echo 'a  b' \"c d\"", ["echo", "a  b", "c d"]],
    ["echo a'b'\"c\"d", ["echo", "abcd"]],
    ["echo '' \"\"", ["echo", "", ""]],
    ["echo a\\ b \\'c", ["echo", "a b", "'c"]],
    ["echo 'a\\b'", ["echo", "a\\b"]],
    ['echo "a\\"b" "a\\nb" "a\\\\b"', ["echo", 'a"b', "a\\nb", "a\\b"]],
    ["echo a\\\nb", ["echo", "ab"]],
    ['echo "a\\\nb"', ["echo", "ab"]],
    ["echo '$HOME|;&<>`' \"|;&<>()\" \\| \\$HOME", ["echo", "$HOME|;&<>`", "|;&<>()", "|", "$HOME"]],
    ['echo "\\$HOME" "\\`x\\`" "5$" 5$ "a $ b"', ["echo", "$HOME", "`x`", "5$", "5$", "a $ b"]],
    ["echo --x=a=b # ~ * ?", ["echo", "--x=a=b", "#", "~", "*", "?"]],
    ["node é ' ü '", ["node", "é", " ü "]],
  ])("%j", (text, argv) => {
    expect(splitCommand(text)).toEqual(argv);
  });

  test.each([
    "a | b",
    "a; b",
    "a && b",
    "a > f",
    "a < f",
    "(a)",
    "a `b`",
    "a $(b)",
    "a $HOME",
    "a ${",
    'a "$HOME"',
    'a "`b`"',
    "a $1 b",
    "a &",
  ])("%j is refused, since only a shell could do it", (text) => {
    expect(() => splitCommand(text)).toThrow(CommandSyntaxError);
    expect(() => splitCommand(text)).toThrow(expect.objectContaining({ hint: expect.stringContaining('["sh", "-c"') }));
  });

  test.each([
    ["echo 'a", "the quote ' is never closed"],
    ['echo "a', 'the quote " is never closed'],
    ['echo "a\\"', 'the quote " is never closed'],
    ["echo a\\", "a backslash at the end escapes nothing"],
    ["", "the command is empty"],
    [" \n", "the command is empty"],
    ["'' a", "the command is empty"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => splitCommand(text)).toThrow(message);
  });
});

const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
const argv = fc
  .tuple(
    word.filter((text) => text !== ""),
    fc.array(word),
  )
  .map(([program, args]) => [program, ...args]);

/** Three ways of quoting a word that every shell understands. */
const quotings: readonly ((text: string) => string)[] = [
  (text) => `'${text.replaceAll("'", "'\\''")}'`,
  (text) => `"${text.replace(/[$`"\\]/g, "\\$&")}"`,
  (text) => (text === "" ? "''" : text.replace(/[^A-Za-z0-9\n]/gu, "\\$&").replaceAll("\n", "'\n'")),
];

test("every argv comes back from every way of quoting it", () => {
  fc.assert(
    fc.property(argv, fc.infiniteStream(fc.constantFrom(...quotings)), (words, quoting) => {
      const text = words.map((each) => quoting.next().value(each)).join(" ");
      expect(splitCommand(text)).toEqual(words);
    }),
  );
});

test("what is accepted is what sh makes of it", () => {
  const texts = fc.sample(
    fc
      .array(fc.constantFrom("a", "b", " ", "'", '"', "\\", "$", "\n", "|", "'x y'", '"z"', "\\n"), { maxLength: 12 })
      .map((parts) => `p${parts.join("")}`),
    { numRuns: 400, seed: 7 },
  );
  const accepted = texts.filter((text) => isAccepted(text));
  // An unquoted line end separates commands for sh and words for us, as in a TOML string of several lines.
  const comparable = accepted.filter((text) => !text.includes("\n"));
  expect(comparable.length).toBeGreaterThan(50);
  const script = comparable.map((text) => `printf '%s\\0' ${text}; printf '\\1'`).join("\n");
  const seen = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\x01").slice(0, -1);
  expect(seen.map((line) => line.split("\0").slice(0, -1))).toEqual(comparable.map((text) => splitCommand(text)));
});

function isAccepted(text: string): boolean {
  try {
    splitCommand(text);
    return true;
  } catch {
    return false;
  }
}
