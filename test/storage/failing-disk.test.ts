// What the store promises while the disk refuses: nothing is forgotten, waiters hear of it, and it recovers by itself.
import { fdatasync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { openStore } from "../../src/storage/file-store.js";
import { decodeJournal } from "../../src/storage/record-format.js";
import { StorageError } from "../../src/storage/store.js";
import { scratchTest as test } from "./scratch.js";

const sync = promisify(fdatasync);

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: the disk refuses`), { code });
}

/** A disk that refuses on demand, and a record of what the store says of it. */
function unreliableDisk() {
  const disk = { full: false, broken: false };
  const health: (boolean | unknown)[][] = [];
  const waiting: (() => void)[] = [];
  const options = {
    write: (fd: number, bytes: Uint8Array) => {
      if (!disk.full) return writeSync(fd, bytes);
      writeSync(fd, bytes.subarray(0, bytes.length >> 1));
      throw systemError("ENOSPC");
    },
    fdatasync: (fd: number) => (disk.broken ? Promise.reject(systemError("EIO")) : sync(fd)),
    onFailing: (failing: boolean, cause?: unknown) => {
      health.push(failing ? [failing, (cause as NodeJS.ErrnoException).code] : [failing]);
      if (!failing) for (const resolve of waiting.splice(0)) resolve();
    },
  };
  const recovered = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { disk, health, options, recovered };
}

async function agentsIn(directory: string): Promise<unknown> {
  const store = await openStore({ directory });
  const agents = Object.fromEntries(store.entries("agent"));
  await store.close();
  return agents;
}

describe("a full disk", () => {
  test("refuses those who wait, and takes their records with the next that comes", async ({ directory }) => {
    const { disk, health, options } = unreliableDisk();
    const store = await openStore({ directory, ...options, retryEveryMs: 60_000 });
    store.put("agent", "a", 1);
    await store.durable();
    disk.full = true;
    store.put("agent", "b", 2);
    await expect(store.durable()).rejects.toMatchObject({ name: "StorageError", cause: { code: "ENOSPC" } });
    await expect(store.written()).rejects.toThrow(StorageError);
    expect(store.failing).toBe(true);
    expect(store.entries("agent").get("b")).toBe(2);
    const torn = decodeJournal(readFileSync(join(directory, "journal.ndjson")), "journal");
    expect(torn.records.length).toBe(1);
    expect(torn.endByte).toBe(readFileSync(join(directory, "journal.ndjson")).length);
    disk.full = false;
    store.put("agent", "c", 3);
    await store.durable();
    expect(store.failing).toBe(false);
    expect(health).toEqual([[true, "ENOSPC"], [false]]);
    expect(await agentsIn(directory)).toEqual({ a: 1, b: 2, c: 3 });
    await store.close();
  });

  test("that has space again is found out without anybody asking", async ({ directory }) => {
    const { disk, options, recovered } = unreliableDisk();
    const store = await openStore({ directory, ...options, retryEveryMs: 1 });
    disk.full = true;
    store.put("agent", "a", 1);
    await expect(store.written()).rejects.toThrow(StorageError);
    disk.full = false;
    await recovered();
    expect(await agentsIn(directory)).toEqual({ a: 1 });
    await store.close();
  });

  test("for a long time does not pile up lines for ever, and nothing is lost", async ({ directory }) => {
    const { disk, options } = unreliableDisk();
    const store = await openStore({ directory, ...options, retryEveryMs: 60_000 });
    disk.full = true;
    for (let n = 0; n < 20_010; n += 1) {
      store.put("agent", `a${n % 3}`, n);
      if (n % 5000 === 0) await expect(store.written()).rejects.toThrow(StorageError);
    }
    await expect(store.written()).rejects.toThrow(StorageError);
    disk.full = false;
    await store.written();
    // One snapshot took the place of all those lines.
    expect(decodeJournal(readFileSync(join(directory, "journal.ndjson")), "journal").records).toEqual([]);
    expect(await agentsIn(directory)).toEqual({ a0: 20_007, a1: 20_008, a2: 20_009 });
    await store.close();
  });

  test("at the end is told by close, and what was written before is kept", async ({ directory }) => {
    const { disk, options } = unreliableDisk();
    const store = await openStore({ directory, ...options });
    store.put("agent", "a", 1);
    await store.durable();
    disk.full = true;
    store.put("agent", "b", 2);
    await expect(store.written()).rejects.toThrow(StorageError);
    disk.broken = true;
    await expect(store.close()).rejects.toThrow(StorageError);
    expect(await agentsIn(directory)).toMatchObject({ a: 1 });
  });
});

describe("a disk that fails to sync", () => {
  test("is not believed when its next sync succeeds: all records are written anew", async ({ directory }) => {
    const { disk, health, options } = unreliableDisk();
    const store = await openStore({ directory, ...options, retryEveryMs: 60_000 });
    store.put("agent", "a", 1);
    disk.broken = true;
    await expect(store.durable()).rejects.toMatchObject({ cause: { code: "EIO" } });
    await expect(store.durable()).rejects.toThrow(StorageError);
    expect(store.failing).toBe(true);
    disk.broken = false;
    await store.durable();
    expect(store.failing).toBe(false);
    expect(health).toEqual([[true, "EIO"], [false]]);
    expect(JSON.parse(readFileSync(join(directory, "state.json"), "utf8")).records).toEqual([
      { kind: "agent", key: "a", value: 1 },
    ]);
    await store.close();
  });

  test("while a checkpoint replaces the journal loses nothing", async ({ directory }) => {
    const { disk, options } = unreliableDisk();
    const failures: StorageError[] = [];
    const store = await openStore({
      directory,
      ...options,
      checkpointEveryLines: 5,
      onCheckpointFailed: (error) => failures.push(error),
    });
    disk.broken = true;
    for (let n = 0; n < 8; n += 1) store.put("agent", `a${n}`, n);
    await expect.poll(() => failures.length).toBe(1);
    expect(readdirSync(directory).sort()).toEqual(["journal.ndjson", "state.json"]);
    store.put("agent", "last", 1);
    await store.written();
    expect(Object.keys((await agentsIn(directory)) as object).length).toBe(9);
    disk.broken = false;
    await store.close();
  });
});
