// What the journal file promises: lines whole or not at all, whatever a write does.
import { appendFileSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Journal, readJournal, systemDisk } from "../../src/storage/journal.js";
import { encodeRecord, JOURNAL_HEADER, type JournalContent } from "../../src/storage/record-format.js";
import { scratchTest as test } from "./scratch.js";

const line = (seq: number) => encodeRecord(seq, { kind: "agent", key: "mayor", value: { seq } });

async function contentOf(path: string): Promise<JournalContent> {
  const content = await readJournal(path);
  if (content === null || "unreadable" in content) throw new Error(`there is no journal at ${path}`);
  return content;
}

test("a new journal holds its header, for its owner only", ({ directory }) => {
  const path = join(directory, "journal.ndjson");
  Journal.create(path, systemDisk).close();
  expect(readFileSync(path, "utf8")).toBe(JOURNAL_HEADER);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a journal that is not there is told from an empty one", async ({ directory }) => {
  expect(await readJournal(join(directory, "journal.ndjson"))).toBeNull();
});

test("going on after a torn line cuts it off first", async ({ directory }) => {
  const path = join(directory, "journal.ndjson");
  const before = Journal.create(path, systemDisk);
  before.append([line(1)]);
  before.close();
  appendFileSync(path, line(2).slice(0, 10));
  const journal = Journal.resume(path, await contentOf(path), systemDisk);
  journal.append([line(2)]);
  journal.close();
  expect(readFileSync(path, "utf8")).toBe(JOURNAL_HEADER + line(1) + line(2));
});

test("a write in small pieces is one whole append", ({ directory }) => {
  const path = join(directory, "journal.ndjson");
  const write = (fd: number, bytes: Uint8Array) => writeSync(fd, bytes.subarray(0, 7));
  const journal = Journal.create(path, { ...systemDisk, write });
  journal.append([line(1), line(2)]);
  journal.close();
  expect(readFileSync(path, "utf8")).toBe(JOURNAL_HEADER + line(1) + line(2));
  expect(journal.bytes).toBe(statSync(path).size);
});

test("a write that fails half-way leaves no part of a line behind", ({ directory }) => {
  const path = join(directory, "journal.ndjson");
  const disk = { full: false };
  const write = (fd: number, bytes: Uint8Array) => {
    if (!disk.full) return writeSync(fd, bytes);
    writeSync(fd, bytes.subarray(0, 20));
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  };
  const journal = Journal.create(path, { ...systemDisk, write });
  journal.append([line(1)]);
  disk.full = true;
  expect(() => journal.append([line(2), line(3)])).toThrow("ENOSPC");
  expect(readFileSync(path, "utf8")).toBe(JOURNAL_HEADER + line(1));
  disk.full = false;
  journal.append([line(2), line(3)]);
  journal.close();
  expect(readFileSync(path, "utf8")).toBe(JOURNAL_HEADER + line(1) + line(2) + line(3));
  expect(journal.lines).toBe(3);
});

test("a discarded journal leaves no file", ({ directory }) => {
  Journal.create(join(directory, "next"), systemDisk).discard();
  expect(readdirSync(directory)).toEqual([]);
});
