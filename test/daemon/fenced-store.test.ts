// A daemon that lost its lock writes nothing until it is known that the state is no other daemon's.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FencedStore } from "../../src/daemon/fenced-store.js";
import { openStore } from "../../src/storage/file-store.js";
import type { Store } from "../../src/storage/store.js";

let directory: string;
let inner: Store;
let held: boolean;
let store: FencedStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "hearth-fence-"));
  inner = await openStore({ directory });
  held = true;
  store = new FencedStore(inner, () => held);
});

afterEach(async () => {
  await inner.close();
  rmSync(directory, { recursive: true });
});

const journal = () => readFileSync(join(directory, "journal.ndjson"), "utf8");
/** Whether a promise has settled once everything that is under way has had its turn. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await inner.durable();
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test("while the lock is there records are written as they come", async () => {
  store.put("agent", "a", 1);
  await store.written();
  expect(journal()).toContain('"key":"a"');
});

test("once it is gone nothing is written, and whoever waits for a record to be written goes on waiting", async () => {
  held = false;
  store.put("agent", "a", 1);
  expect(await isSettled(store.written())).toBe(false);
  expect(await isSettled(store.durable())).toBe(false);
  expect(journal()).not.toContain('"key":"a"');
});

test("the verdict that the state is nobody else's lets everything through, in order", async () => {
  held = false;
  store.put("agent", "a", 1);
  const written = store.written();
  // What comes later doesn't overtake it, even when the lock is back.
  held = true;
  store.put("agent", "a", 2);
  store.open(() => true);
  await written;
  await store.durable();
  expect(store.entries("agent").get("a")).toBe(2);
  expect(journal().indexOf('"value":1')).toBeLessThan(journal().indexOf('"value":2'));
});

test("another daemon that appears after the verdict closes it again", async () => {
  held = false;
  let contested = false;
  store.open(() => !contested);
  store.put("agent", "a", 1);
  await inner.durable();
  contested = true;
  store.put("agent", "b", 1);
  expect(await isSettled(store.written())).toBe(false);
  expect(journal()).toContain('"key":"a"');
  expect(journal()).not.toContain('"key":"b"');
});

test("one look serves the records that are written together, and none of a later turn", async () => {
  let looks = 0;
  store.open(() => {
    looks += 1;
    return held;
  });
  for (const key of ["a", "b", "c"]) store.put("agent", key, 1);
  await Promise.all([store.written(), store.durable(), store.durable()]);
  expect(looks).toBe(1);

  held = false;
  store.put("agent", "d", 1);
  await inner.durable();
  expect(looks).toBe(2);
  expect(journal()).not.toContain('"key":"d"');
});
