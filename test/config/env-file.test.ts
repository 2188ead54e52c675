// Env files are read as people write them, and what is wrong in one is named by its line.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEnvFile, readEnvFile } from "../../src/config/env-file.js";

function parse(text: string): Record<string, string> {
  return parseEnvFile(text, "/p/.env");
}

describe("a line", () => {
  test.each([
    ["A=b", { A: "b" }],
    ["A=", { A: "" }],
    ["export A=b", { A: "b" }],
    ["  A = b c  ", { A: "b c" }],
    ["A=b # why", { A: "b" }],
    ["A= # why", { A: "" }],
    ["A=b#c", { A: "b#c" }],
    ["A=#fff", { A: "#fff" }],
    ["A=b=c", { A: "b=c" }],
    ["A='b # c'  # why", { A: "b # c" }],
    ["A='$B\\n'", { A: "$B\\n" }],
    ['A="b\\n\\t\\"\\\\\\$c\\d"', { A: 'b\n\t"\\$c\\d' }],
    ["A=$B", { A: "$B" }],
    ["A=it's", { A: "it's" }],
    ["# A=b", {}],
    ["", {}],
    ["export=1", { export: "1" }],
  ])("%j is %j", (text, variables) => {
    expect(parse(text)).toEqual(variables);
  });
});

test("a file is read line by line; the later of two equal names wins", () => {
  expect(parse("\uFEFFA=1\r\n\r\n# x\r\nB='2\r\n3'\r\nA=4\n\n")).toEqual({ A: "4", B: "2\n3" });
});

test("every value comes back from double quotes", () => {
  const value = fc.string({ unit: "binary" }).filter((text) => !/[\0\r]/.test(text));
  fc.assert(
    fc.property(value, (text) => {
      expect(parse(`A="${text.replace(/["\\$]/g, "\\$&")}"`)).toEqual({ A: text });
    }),
  );
});

describe("what is wrong is told with its line", () => {
  test.each([
    ["A=1\nnonsense\nB=2", 2, "a line is NAME=value"],
    ["A='1\n2'\n\nB", 4, "a line is NAME=value"],
    ["A=1\n1B=2", 2, '"1B" is no name of a variable'],
    ["A.B=2", 1, '"A.B" is no name of a variable'],
    ["=2", 1, "a line is NAME=value"],
    ["\nA='2\nB=3", 2, "the quotes of A are not closed"],
    ['A=  "2\nB=3', 1, "the quotes of A are not closed"],
    ["A='2' 3", 1, "the quotes of A are not closed, or text follows them"],
    ["A=\0", 1, "the value of A contains a NUL"],
  ])("%j, line %d: %s", (text, line, message) => {
    const expected = {
      name: "EnvFileError",
      file: "/p/.env",
      line,
      message: expect.stringContaining(`/p/.env:${line}: ${message}`),
    };
    expect(() => parse(text)).toThrow(expect.objectContaining(expected));
  });
});

test("a file is read from disk, and one that is missing or far too large is named", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hearth-env-"));
  try {
    writeFileSync(join(directory, ".env"), "A=1\n");
    expect(await readEnvFile(join(directory, ".env"))).toEqual({ A: "1" });
    const missing = join(directory, "none.env");
    await expect(readEnvFile(missing)).rejects.toMatchObject({
      file: missing,
      line: null,
      message: expect.stringContaining("ENOENT"),
    });
    const large = join(directory, "large.env");
    writeFileSync(large, "");
    truncateSync(large, 1024 ** 3);
    await expect(readEnvFile(large)).rejects.toThrow(/large\.env: the env file cannot be read: it is larger than/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
