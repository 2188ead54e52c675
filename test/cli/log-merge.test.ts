// What merging logs promises: everything once, each log in its own order, and all of them by time.
import fc from "fast-check";
import { expect, test } from "vitest";
import { LastFew } from "../../src/cli/logs/last-few.js";
import { merge } from "../../src/cli/logs/merge.js";

interface Item {
  readonly source: number;
  readonly order: number;
}

async function* inBatches(items: readonly Item[], size: number): AsyncGenerator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) {
    yield items.slice(at, at + size);
    yield [];
  }
}

async function mergeAll(sources: readonly AsyncIterable<readonly Item[]>[]): Promise<Item[]> {
  const all: Item[] = [];
  for await (const run of merge(sources)) all.push(...run);
  return all;
}

test("whatever the sources and their batches, what comes out is all of it, sorted, equals by their source", async () => {
  const orders = fc.array(fc.nat(9), { maxLength: 20 }).map((all) => all.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(fc.array(orders, { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), async (sources, size) => {
      const items = sources.map((all, source) => all.map((order): Item => ({ source, order })));
      const merged = await mergeAll(items.map((each) => inBatches(each, size)));
      // Sorting is stable, and the sources stand one behind the other.
      expect(merged).toEqual(items.flat().sort((a, b) => a.order - b.order));
    }),
  );
});

test("a source that fails fails all of it", async () => {
  const failing = (async function* (): AsyncGenerator<readonly Item[]> {
    yield [{ source: 0, order: 1 }];
    throw new Error("the daemon is gone");
  })();
  await expect(mergeAll([failing, inBatches([{ source: 1, order: 2 }], 1)])).rejects.toThrow("the daemon is gone");
});

test("of a great many things the last few are kept, and no more", () => {
  const last = new LastFew<number>(3);
  for (let n = 0; n < 10_000; n += 2) last.push([n, n + 1]);
  expect(last.all()).toEqual([9_997, 9_998, 9_999]);
  const none = new LastFew<number>(0);
  none.push([1, 2]);
  expect(none.all()).toEqual([]);
});
