// What writeFileAtomic promises: whole content, exact mode, no litter.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { isTemporaryOf, removeTemporaries, writeFileAtomic } from "../../src/storage/atomic-file.js";
import { scratchTest as test } from "./scratch.js";

test("the content replaces what was there, with exactly the mode asked for", async ({ directory }) => {
  const path = join(directory, "file");
  writeFileSync(path, "a longer content that was there before", { mode: 0o644 });
  const umask = process.umask(0o277);
  try {
    await writeFileAtomic(path, "new", { mode: 0o600 });
  } finally {
    process.umask(umask);
  }
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("a failed write leaves the target as it was and no temporary file", async ({ directory }) => {
  const path = join(directory, "taken");
  mkdirSync(path);
  await expect(writeFileAtomic(path, "new", { mode: 0o600 })).rejects.toThrow(/EISDIR|ENOTEMPTY|EPERM/);
  expect(readdirSync(directory)).toEqual(["taken"]);
});

test("writes of one file at once leave one whole content", async ({ directory }) => {
  const path = join(directory, "file");
  const contents = Array.from({ length: 20 }, (_, n) => String(n).repeat(10_000));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content, { mode: 0o600 })));
  expect(contents).toContain(readFileSync(path, "utf8"));
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("what a reader sees meanwhile is the old content or the new", async ({ directory }) => {
  const path = join(directory, "file");
  const contents = ["a".repeat(200_000), "b".repeat(100_000)];
  writeFileSync(path, contents[0] ?? "");
  const writing = writeFileAtomic(path, contents[1] ?? "", { mode: 0o600 });
  const state = { done: false };
  const watched = writing.then(() => {
    state.done = true;
  });
  while (!state.done) {
    expect(contents).toContain(readFileSync(path, "utf8"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await watched;
});

test("leftovers go, of the files that are meant or of all, and nothing else does", ({ directory }) => {
  const names = ["a.12-1.tmp", "a.json", "b.12-1.tmp"];
  for (const name of names) writeFileSync(join(directory, name), "");
  removeTemporaries(directory, ["a"]);
  expect(readdirSync(directory).sort()).toEqual(["a.json", "b.12-1.tmp"]);
  removeTemporaries(directory);
  expect(readdirSync(directory)).toEqual(["a.json"]);
});

test("only leftovers of the same file are taken for leftovers", () => {
  expect(isTemporaryOf("state.json", "state.json.12-1.tmp")).toBe(true);
  expect(isTemporaryOf("state.json", "state.json")).toBe(false);
  expect(isTemporaryOf("state.json", "other.state.json.12-1.tmp")).toBe(false);
  expect(isTemporaryOf("state.json", "state.json.bad-20240101T000000.000Z")).toBe(false);
});
