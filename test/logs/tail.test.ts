// What the tail of a log promises: the last lines, exactly, and never more of the file than they need.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { COPIED_MODE } from "../../src/logs/backups.js";
import { type TailOptions, tailFile } from "../../src/logs/tail.js";
import { scratchTest as test } from "../storage/scratch.js";

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `line ${from + n} é漢🦔`);

/** A tail with its unfinished line as text, without the inode that no test can know. */
async function tailOf(path: string, options: TailOptions) {
  const { lines, unfinished, endByte } = await tailFile(path, options);
  return { lines, unfinished: unfinished.toString(), endByte };
}

const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

test("a log that is not there, and one that is empty, have no lines", async ({ directory }) => {
  const path = join(directory, "a.log");
  expect(await tailOf(path, { maxLines: 5 })).toEqual({ lines: [], unfinished: "", endByte: 0 });
  writeFileSync(path, "");
  expect(await tailOf(path, { maxLines: 5 })).toEqual({ lines: [], unfinished: "", endByte: 0 });
});

test("the last lines of a log of many blocks are whole, characters at the borders too", async ({ directory }) => {
  const path = join(directory, "a.log");
  const lines = numbered(1, 30_000);
  writeFileSync(path, asText(lines));
  for (const maxLines of [1, 2, 3000, 6000]) {
    const tail = await tailOf(path, { maxLines });
    expect(tail.lines).toEqual(lines.slice(-maxLines));
    expect(tail).toMatchObject({ unfinished: "", endByte: Buffer.byteLength(asText(lines)) });
  }
});

test("an unfinished line counts as one", async ({ directory }) => {
  const path = join(directory, "a.log");
  writeFileSync(path, "one\ntwo\nthr");
  expect(await tailOf(path, { maxLines: 2 })).toEqual({ lines: ["two"], unfinished: "thr", endByte: 11 });
  expect(await tailOf(path, { maxLines: 1 })).toEqual({ lines: [], unfinished: "thr", endByte: 11 });
});

test("empty lines are lines", async ({ directory }) => {
  const path = join(directory, "a.log");
  writeFileSync(path, "\n\none\n\n\n");
  expect((await tailFile(path, { maxLines: 3 })).lines).toEqual(["one", "", ""]);
  expect((await tailFile(path, { maxLines: 9 })).lines).toEqual(["", "", "one", "", ""]);
});

test("too few lines are filled up from the backups, in order", async ({ directory }) => {
  const path = join(directory, "a.log");
  writeFileSync(`${path}.2`, "1\n2\n");
  writeFileSync(`${path}.1`, "3\n4 unfinished");
  writeFileSync(path, "5\n6");
  const tail = async (maxLines: number) => {
    const { lines, unfinished } = await tailOf(path, { maxLines });
    return [...lines, unfinished];
  };
  expect(await tail(2)).toEqual(["5", "6"]);
  expect(await tail(3)).toEqual(["4 unfinished", "5", "6"]);
  expect(await tail(5)).toEqual(["2", "3", "4 unfinished", "5", "6"]);
  expect(await tail(50)).toEqual(["1", "2", "3", "4 unfinished", "5", "6"]);
});

test("a line that was cut by a rotation in the middle of a session is one line, whoever asks", async ({
  directory,
}) => {
  const path = join(directory, "a.log");
  writeFileSync(`${path}.3`, "another session", { mode: 0o600 });
  writeFileSync(`${path}.2`, "1\n2 begins", { mode: COPIED_MODE });
  writeFileSync(`${path}.1`, ", goes on", { mode: COPIED_MODE });
  writeFileSync(path, " and ends\n3\n");
  expect((await tailOf(path, { maxLines: 9 })).lines).toEqual([
    "another session",
    "1",
    "2 begins, goes on and ends",
    "3",
  ]);
  expect((await tailOf(path, { maxLines: 2 })).lines).toEqual(["2 begins, goes on and ends", "3"]);
  writeFileSync(path, "");
  expect(await tailOf(path, { maxLines: 2 })).toMatchObject({ lines: ["1"], unfinished: "2 begins, goes on" });
});

test("a huge line is given from where the limit cuts it, at a whole character", async ({ directory }) => {
  const path = join(directory, "a.log");
  writeFileSync(path, `${"漢".repeat(700_000)}\nlast\n`);
  const tail = await tailFile(path, { maxLines: 2 });
  expect(tail.lines[1]).toBe("last");
  expect(tail.lines[0]).toMatch(/^漢+$/);
  expect(Buffer.byteLength(asText(tail.lines))).toBeGreaterThan(1024 * 1024 - 4);
  expect(Buffer.byteLength(asText(tail.lines))).toBeLessThanOrEqual(1024 * 1024);
});

test("whatever the text and the limits, the tail is what splitting the whole would give", async ({ directory }) => {
  const path = join(directory, "a.log");
  const text = fc.array(fc.constantFrom("a", "é", "🦔", "\n"), { maxLength: 40 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(text, text, fc.integer({ min: 1, max: 12 }), async (backup, current, maxLines) => {
      writeFileSync(`${path}.1`, backup);
      writeFileSync(path, current);
      const all = [backup, current].flatMap((part) =>
        part
          .replace(/\n$/, "")
          .split("\n")
          .slice(part === "" ? 1 : 0),
      );
      const { lines, unfinished, endByte } = await tailOf(path, { maxLines });
      expect([...lines, ...(unfinished === "" ? [] : [unfinished])]).toEqual(all.slice(-maxLines));
      expect(endByte).toBe(Buffer.byteLength(current));
    }),
  );
});

test("bytes are bounded over all files", async ({ directory }) => {
  const path = join(directory, "a.log");
  writeFileSync(`${path}.2`, asText(numbered(1, 100)));
  writeFileSync(`${path}.1`, "backup\n");
  writeFileSync(path, "current\n");
  const linesOf = async (maxBytes: number) => (await tailFile(path, { maxLines: 50, maxBytes })).lines;
  expect(await linesOf(8)).toEqual(["current"]);
  expect(await linesOf(15)).toEqual(["backup", "current"]);
  const lines = await linesOf(15 + Buffer.byteLength("line 100 é漢🦔\n"));
  expect(lines).toEqual(["line 100 é漢🦔", "backup", "current"]);
});
