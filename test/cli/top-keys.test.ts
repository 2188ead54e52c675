// What is pressed in `hearth top`, from the bytes that a terminal sends.
import type { Key } from "node:readline";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { emitKeys, keysOf } from "../../src/cli/top/key-names.js";
import { within } from "../support/deadline.js";

/** Less than a person needs from Esc to the next key, in milliseconds. */
const NEXT_KEY_MS = 200;

/** A terminal's bytes, and what was pressed so far. */
function listening() {
  const stream = new PassThrough();
  const pressed: string[] = [];
  emitKeys(stream);
  stream.on("keypress", (text: string | undefined, key: Key) => pressed.push(...keysOf(text, key)));
  return { pressed, arrives: (bytes: string) => stream.emit("data", Buffer.from(bytes)) };
}

test.each([
  ["a letter", "\x1bj", ["escape", "j"]],
  ["a capital letter", "\x1bS", ["escape", "S"]],
  ["a sign", "\x1b/", ["escape", "/"]],
  ["Space", "\x1b ", ["escape", " "]],
  ["what is no ASCII", "\x1b漢", ["escape", "漢"]],
  ["Enter", "\x1b\r", ["escape", "enter"]],
  ["Backspace", "\x1b\x7f", ["escape", "backspace"]],
  ["Ctrl-C", "\x1b\x03", ["escape", "ctrl+c"]],
  ["an arrow", "\x1b\x1b[A", ["escape", "up"]],
  ["Esc and a letter", "\x1b\x1bj", ["escape", "escape", "j"]],
])("Esc with %s right behind it is both", (_, bytes, keys) => {
  const { pressed, arrives } = listening();
  arrives(bytes);
  expect(pressed).toEqual(keys);
});

test("other keys are what they are, and those with meta that no Esc begins are none", () => {
  const { pressed, arrives } = listening();
  for (const bytes of [
    "j",
    "G",
    "?",
    " ",
    "\r",
    "\t",
    "\x7f",
    "\x03",
    "\x1b[A",
    "\x1bOP",
    "\x1b[5~",
    "\x1b[1;3A",
    "🎉",
  ])
    arrives(bytes);
  const named = ["enter", "tab", "backspace", "ctrl+c", "up", "f1", "pageup"];
  expect(pressed).toEqual(["j", "G", "?", " ", ...named, "🎉"]);
});

test("Esc alone is known before the next key can come", async () => {
  const { pressed, arrives } = listening();
  // Timers fire in the order in which they are due, however late, so no busy machine changes what this one sees.
  const next = new Promise((resolve) => setTimeout(resolve, NEXT_KEY_MS));
  arrives("\x1b");
  await within(next, () => "the next key comes");
  expect(pressed).toEqual(["escape"]);
});
