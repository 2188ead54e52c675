// What a watch on a log promises: no change is missed, not even one that came before the watch.
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { FileEvents } from "../../src/logs/file-events.js";
import { scratchTest } from "../storage/scratch.js";

const test = scratchTest.extend<{ path: string; controller: AbortController; events: FileEvents }>({
  path: async ({ directory }, use) => use(join(directory, "a.log")),
  // biome-ignore lint/correctness/noEmptyPattern: vitest wants the fixture's dependencies as a destructured object
  controller: async ({}, use) => use(new AbortController()),
  events: async ({ path, controller }, use) => {
    const events = new FileEvents(path, controller.signal);
    await use(events);
    events.close();
  },
});

test("what happened before a watch began counts as a change", async ({ path, events }) => {
  events.watchDirectory();
  await events.next();
  writeFileSync(path, "");
  events.watchFile();
  await events.next();
});

test("a write, a rename and a new file each wake the reader", async ({ path, events }) => {
  writeFileSync(path, "");
  events.watchFile();
  await events.next();
  appendFileSync(path, "x");
  await events.next();
  renameSync(path, `${path}.1`);
  await events.next();
  events.watchDirectory();
  await events.next();
  writeFileSync(path, "");
  await events.next();
});

test("calling off wakes the reader, now and ever after", async ({ path, events, controller }) => {
  writeFileSync(path, "");
  events.watchFile();
  await events.next();
  const waiting = events.next();
  controller.abort();
  await waiting;
  await events.next();
});

test("there is nothing to watch where there is no file", ({ events }) => {
  expect(() => events.watchFile()).toThrow("ENOENT");
});
