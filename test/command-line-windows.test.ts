// How a command becomes the one line that Windows takes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { commandLineOf } from "../src/command-line-windows.js";

test("a command is taken apart into what it was put together from", () => {
  const argument = fc.string({ unit: fc.constantFrom("a", "é", " ", "\t", '"', "\\", "%", "^", "&", "!") });
  fc.assert(
    fc.property(fc.array(argument), (args) => {
      expect(takeApart(commandLineOf(args))).toEqual(args);
    }),
  );
});

test("what needs no quotes gets none", () => {
  expect(commandLineOf(["C:\\bin\\node.exe", "-e", "1"])).toBe("C:\\bin\\node.exe -e 1");
});

/** As the C runtime of Windows documents it: 2n backslashes and a quote are n backslashes, one more makes the quote plain. */
function takeApart(line: string): string[] {
  const args: string[] = [];
  const tokens = line.match(/\\*"|\\+|[^\\"]/g) ?? [];
  let argument: string | null = null;
  let isQuoted = false;
  for (const token of tokens) {
    if (!isQuoted && /^[ \t]$/.test(token)) {
      if (argument !== null) args.push(argument);
      argument = null;
      continue;
    }
    argument ??= "";
    if (!token.endsWith('"')) {
      argument += token;
      continue;
    }
    const backslashes = token.length - 1;
    argument += "\\".repeat(Math.floor(backslashes / 2));
    if (backslashes % 2 === 1) argument += '"';
    else isQuoted = !isQuoted;
  }
  return argument === null ? args : [...args, argument];
}
