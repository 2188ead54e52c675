// A program that puts records as fast as it can and prints each one that was acknowledged, until somebody kills it.
import { writeSync } from "node:fs";
import { openStore } from "../../src/storage/file-store.js";

const directory = process.argv[2] ?? ".";
const store = await openStore({ directory, checkpointEveryLines: 50 });

async function putForEver(key: string, acknowledge: "written" | "durable"): Promise<never> {
  const last = store.entries("agent").get(key);
  for (let n = typeof last === "number" ? last + 1 : 0; ; n += 1) {
    store.put("agent", key, n);
    await store[acknowledge]();
    writeSync(1, `${JSON.stringify([key, n])}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

await Promise.all([
  putForEver("written 1", "written"),
  putForEver("written 2", "written"),
  putForEver("durable 1", "durable"),
  putForEver("durable 2", "durable"),
]);
