// What the store promises: what was put is there again, few syncs serve many, and bad files harm nothing.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  fdatasync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { openStore } from "../../src/storage/file-store.js";
import { JOURNAL_HEADER, NewerStateError } from "../../src/storage/record-format.js";
import { StateUnusableError, StorageError, type Store } from "../../src/storage/store.js";
import { makeScratch, scratchTest as test } from "./scratch.js";

const sync = promisify(fdatasync);
const now = () => new Date("2024-05-06T07:08:09.010Z");

const agents = (store: Store) => Object.fromEntries(store.entries("agent"));
const names = (directory: string) => readdirSync(directory).sort();
const journalLines = (directory: string) =>
  readFileSync(join(directory, "journal.ndjson"), "utf8").split("\n").length - 2;

async function reopened<T>(directory: string, look: (store: Store) => T): Promise<T> {
  const store = await openStore({ directory, now });
  try {
    return look(store);
  } finally {
    await store.close();
  }
}

describe("remembering", () => {
  test("an empty home opens empty, with files for its owner only", async ({ directory }) => {
    const store = await openStore({ directory });
    store.put("agent", "mayor", { wanted: "up" });
    await store.close();
    expect(names(directory)).toEqual(["journal.ndjson", "state.json"]);
    for (const name of names(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  test("the last value of a key is there again, and a removed key is not", async ({ directory }) => {
    const store = await openStore({ directory });
    store.put("agent", "mayor", { wanted: "down" });
    store.put("agent", "mayor", { wanted: "up" });
    store.put("agent", "gastown/witness", { wanted: "up" });
    store.put("agent", "gastown/witness", null);
    store.put("daemon", "mayor", 7);
    await store.close();
    await reopened(directory, (again) => {
      expect(agents(again)).toEqual({ mayor: { wanted: "up" } });
      expect(again.entries("daemon").get("mayor")).toBe(7);
      expect(again.damage).toEqual([]);
    });
  });

  test("what was written is there although the store was never closed", async ({ directory }) => {
    const store = await openStore({ directory });
    store.put("agent", "mayor", 1);
    await store.written();
    await reopened(directory, (again) => expect(agents(again)).toEqual({ mayor: 1 }));
    await store.close();
  });

  test("the lines of one turn are one write, in order", async ({ directory }) => {
    const writes: string[] = [];
    const write = (fd: number, bytes: Uint8Array) => {
      writes.push(Buffer.from(bytes).toString());
      return writeSync(fd, bytes);
    };
    const store = await openStore({ directory, write });
    writes.length = 0;
    for (let n = 1; n <= 10; n += 1) store.put("agent", `a${n}`, n);
    await Promise.resolve();
    expect(writes.length).toBe(1);
    expect(
      writes[0]
        ?.trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).seq),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await store.close();
  });

  test("a closed store takes nothing more", async ({ directory }) => {
    const store = await openStore({ directory });
    await store.close();
    await store.close();
    expect(() => store.put("agent", "mayor", 1)).toThrow(StorageError);
    await expect(store.durable()).rejects.toThrow("closed");
    await expect(store.written()).rejects.toThrow("closed");
  });
});

type Step = { do: "put"; key: string; value: unknown } | { do: "turn" | "written" | "durable" | "reopen" };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      key: fc.constantFrom("a", "b", "1", "__proto__"),
      value: fc.jsonValue(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("turn" as const, "written" as const, "durable" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
);

async function playAgainstMap(directory: string, steps: readonly Step[]): Promise<void> {
  const open = () => openStore({ directory, checkpointEveryLines: 3 });
  let store = await open();
  const model = new Map<string, unknown>();
  for (const next of steps) {
    if (next.do === "put") {
      store.put("agent", next.key, next.value);
      if (next.value === null) model.delete(next.key);
      else model.set(next.key, JSON.parse(JSON.stringify(next.value)));
    } else if (next.do === "turn") await new Promise((resolve) => setImmediate(resolve));
    else if (next.do === "reopen") {
      await store.close();
      store = await open();
    } else await store[next.do]();
    expect(JSON.stringify([...store.entries("agent")])).toBe(JSON.stringify([...model]));
  }
  await store.close();
  await reopened(directory, (again) => expect([...again.entries("agent")]).toEqual([...model]));
}

test("any puts, removals, checkpoints and reopenings give what a plain Map gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const directory = makeScratch();
      await playAgainstMap(directory, steps).finally(() => rmSync(directory, { recursive: true }));
    }),
    { numRuns: 40 },
  );
});

describe("group commit", () => {
  test("64 who wait at once share two syncs at most", async ({ directory }) => {
    const syncs = { count: 0 };
    const counted = (fd: number) => {
      syncs.count += 1;
      return sync(fd);
    };
    const store = await openStore({ directory, fdatasync: counted });
    await Promise.all(
      Array.from({ length: 64 }, (_, n) => {
        store.put("agent", `a${n}`, n);
        return store.durable();
      }),
    );
    expect(syncs.count).toBeLessThanOrEqual(2);
    await store.close();
  });

  test("64 in flight need a sync for about every 64 acknowledgements, so 2 ms a sync allow 10,000 a second", async ({
    directory,
  }) => {
    const syncs = { count: 0 };
    // A slow disk: a sync ends some turns of the event loop after it began, and the clients go on meanwhile.
    const slow = async () => {
      syncs.count += 1;
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    const store = await openStore({ directory, fdatasync: slow });
    const client = async (name: string) => {
      for (let n = 0; n < 50; n += 1) {
        store.put("agent", name, n);
        await store.durable();
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, n) => client(`a${n}`)));
    // 3200 acknowledgements in at most 160 syncs are 20 for each: 10,000 a second at 2 ms.
    expect(syncs.count).toBeLessThanOrEqual(160);
    await store.close();
  });

  test("a record put during a sync is acknowledged by the next one, not by this", async ({ directory }) => {
    const begun: number[] = [];
    const store: Store = await openStore({
      directory,
      fdatasync: async (fd) => {
        begun.push(journalLines(directory));
        if (begun.length === 1) store.put("agent", "late", 1);
        await sync(fd);
      },
    });
    store.put("agent", "early", 1);
    const early = store.durable();
    await early;
    await store.durable();
    expect(begun).toEqual([1, 2]);
    await store.close();
  });
});

describe("checkpoints", () => {
  test("one follows when the journal has grown, and the journal shrinks", async ({ directory }) => {
    const store = await openStore({ directory, checkpointEveryLines: 100 });
    for (let n = 0; n < 100; n += 1) store.put("agent", "mayor", n);
    await expect.poll(() => names(directory)).toEqual(["journal.ndjson", "state.json"]);
    await expect.poll(() => journalLines(directory)).toBe(0);
    store.put("agent", "mayor", "after");
    await store.written();
    await reopened(directory, (again) => expect(agents(again)).toEqual({ mayor: "after" }));
    await store.close();
  });

  test("many live records are not rewritten for a few lines", async ({ directory }) => {
    const before = await openStore({ directory, checkpointEveryLines: 10 });
    for (let n = 0; n < 500; n += 1) before.put("agent", `a${n}`, n);
    await before.close();
    const inode = () => statSync(join(directory, "state.json")).ino;
    const store = await openStore({ directory, checkpointEveryLines: 10 });
    const rewrites = new Set<number>();
    for (let n = 0; n < 600; n += 1) {
      store.put("agent", "a0", n);
      await store.durable();
      rewrites.add(inode());
    }
    expect(rewrites.size).toBeLessThanOrEqual(2);
    await store.close();
  });

  test("a checkpoint that fails loses nothing and is told", async ({ directory }) => {
    const failures: StorageError[] = [];
    const store = await openStore({
      directory,
      checkpointEveryLines: 10,
      onCheckpointFailed: (error) => failures.push(error),
    });
    mkdirSync(join(directory, "state.json"));
    for (let n = 0; n < 25; n += 1) {
      store.put("agent", "mayor", n);
      await store.durable();
    }
    await store.close();
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]?.cause).toMatchObject({ syscall: "rename" });
    rmSync(join(directory, "state.json"), { recursive: true });
    expect(names(directory)).toEqual(["journal.ndjson"]);
    await reopened(directory, (again) => expect(agents(again)).toEqual({ mayor: 24 }));
  });

  test("what a process left that died in a checkpoint is swept away", async ({ directory }) => {
    for (const name of ["state.json.4711-1.tmp", "journal.ndjson.next.tmp"])
      writeFileSync(join(directory, name), "half");
    await reopened(directory, () => {});
    expect(names(directory)).toEqual(["journal.ndjson"]);
  });
});

describe("opening what is broken", () => {
  const record = (seq: number, key: string) => `${JSON.stringify({ seq, kind: "agent", key, value: seq })}\n`;

  test("a torn last line is dropped and the next line stands on its own", async ({ directory }) => {
    writeFileSync(join(directory, "journal.ndjson"), JOURNAL_HEADER + record(1, "a") + record(2, "b").slice(0, -4));
    const store = await openStore({ directory });
    expect(store.damage).toEqual([]);
    store.put("agent", "c", 3);
    await store.written();
    await reopened(directory, (again) => expect(agents(again)).toEqual({ a: 1, c: 3 }));
    await store.close();
  });

  test("a bad line in the middle is kept aside once, and the rest goes on", async ({ directory }) => {
    const journal = join(directory, "journal.ndjson");
    writeFileSync(journal, `${JOURNAL_HEADER}${record(1, "a")}nonsense\n${record(2, "b")}`);
    await reopened(directory, (store) => {
      const keptAs = join(directory, "journal.bad-20240506T070809.010Z.ndjson");
      expect(agents(store)).toEqual({ a: 1, b: 2 });
      expect(store.damage).toEqual([{ file: journal, keptAs, reason: expect.stringContaining("1 of the lines") }]);
      expect(readFileSync(keptAs, "utf8")).toBe("nonsense\n");
    });
    await reopened(directory, (store) => {
      expect(agents(store)).toEqual({ a: 1, b: 2 });
      expect(store.damage).toEqual([]);
    });
  });

  test.for<[string, Buffer]>([
    ["empty", Buffer.alloc(0)],
    ["binary", Buffer.from([0, 1, 254, 255])],
    ["half-written", Buffer.from('{"version":1,"through":5,"rec')],
  ])("a checkpoint that is %s is kept aside and the journal still counts", async ([_, bytes], { directory }) => {
    const state = join(directory, "state.json");
    writeFileSync(state, bytes);
    writeFileSync(join(directory, "journal.ndjson"), JOURNAL_HEADER + record(6, "a"));
    await reopened(directory, (store) => {
      const keptAs = `${state}.bad-20240506T070809.010Z`;
      expect(store.damage).toEqual([{ file: state, keptAs, reason: expect.any(String) }]);
      expect(readFileSync(keptAs)).toEqual(bytes);
      expect(agents(store)).toEqual({ a: 6 });
    });
    await reopened(directory, (store) => expect(agents(store)).toEqual({ a: 6 }));
  });

  test.for<[string, string, string]>([
    ["journal", "journal.ndjson", '{"hearth":"journal","version":2}\n{"new":"things"}\n'],
    ["checkpoint", "state.json", '{"version":2,"through":{"a":1}}'],
  ])("a newer %s is refused and no file is touched", async ([_, file, newer], { directory }) => {
    writeFileSync(join(directory, "journal.ndjson"), `${JOURNAL_HEADER}nonsense\n${record(1, "a")}{"seq":2,`);
    writeFileSync(join(directory, "state.json"), "nonsense");
    writeFileSync(join(directory, file), newer);
    const contents = () => names(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]);
    const before = contents();
    await expect(openStore({ directory })).rejects.toThrow(NewerStateError);
    expect(contents()).toEqual(before);
  });

  test.for(["state.json", "journal.ndjson"])(
    "a directory in place of %s is kept aside",
    async (file, { directory }) => {
      mkdirSync(join(directory, file));
      await reopened(directory, ({ damage }) => {
        expect(damage).toEqual([
          { file: join(directory, file), reason: "it is not a file", keptAs: expect.any(String) },
        ]);
        expect(statSync(damage[0]?.keptAs ?? "").isDirectory()).toBe(true);
      });
      await reopened(directory, ({ damage }) => expect(damage).toEqual([]));
    },
  );

  test("a pipe in place of the journal is not waited for", async ({ directory }) => {
    execFileSync("mkfifo", [join(directory, "journal.ndjson")]);
    await reopened(directory, ({ damage }) => expect(damage).toMatchObject([{ reason: "it is not a file" }]));
  });

  test.for<[string, Buffer]>([
    ["empty", Buffer.alloc(0)],
    ["binary", Buffer.from([0, 1, 10, 254, 255])],
    ["cut off within its header", Buffer.from(JOURNAL_HEADER.slice(0, 9))],
  ])(
    "a journal that is %s is kept aside as it is, and the checkpoint still counts",
    async ([_, bytes], { directory }) => {
      const journal = join(directory, "journal.ndjson");
      await reopened(directory, (store) => store.put("agent", "a", 1));
      writeFileSync(journal, bytes);
      await reopened(directory, (store) => {
        const keptAs = join(directory, "journal.bad-20240506T070809.010Z.ndjson");
        expect(store.damage).toEqual([{ file: journal, reason: expect.any(String), keptAs }]);
        expect(readFileSync(keptAs)).toEqual(bytes);
        expect(agents(store)).toEqual({ a: 1 });
        store.put("agent", "b", 2);
      });
      await reopened(directory, (store) => {
        expect(store.damage).toEqual([]);
        expect(agents(store)).toEqual({ a: 1, b: 2 });
      });
    },
  );

  test("a journal that is missing beside a checkpoint is told of, once", async ({ directory }) => {
    await reopened(directory, (store) => store.put("agent", "a", 1));
    rmSync(join(directory, "journal.ndjson"));
    await reopened(directory, (store) => {
      expect(store.damage).toEqual([
        { file: join(directory, "journal.ndjson"), reason: "it is missing", keptAs: null },
      ]);
      expect(agents(store)).toEqual({ a: 1 });
    });
    await reopened(directory, ({ damage }) => expect(damage).toEqual([]));
  });

  test.for<[string, (directory: string, old: Buffer) => void, string]>([
    ["missing", (directory) => rmSync(join(directory, "state.json")), "it is missing"],
    [
      "older than what the journal follows",
      (directory, old) => writeFileSync(join(directory, "state.json"), old),
      "it is older than the beginning of the journal",
    ],
  ])("a checkpoint that is %s is told of, and the journal still counts", async ([_, damage, reason], { directory }) => {
    await reopened(directory, (store) => store.put("agent", "a", 1));
    const old = readFileSync(join(directory, "state.json"));
    await reopened(directory, (store) => store.put("agent", "b", 2));
    const store = await openStore({ directory });
    store.put("agent", "c", 3);
    await store.written();
    damage(directory, old);
    await reopened(directory, (again) => {
      expect(again.damage).toEqual([{ file: join(directory, "state.json"), reason, keptAs: null }]);
      expect(agents(again)).toMatchObject({ c: 3 });
    });
    await reopened(directory, (again) => expect(again.damage).toEqual([]));
    await store.close();
  });

  test("a state that can be neither read nor kept aside stops the opening instead of starting empty", async ({
    directory,
  }) => {
    const home = join(directory, "home");
    mkdirSync(home);
    await reopened(home, (store) => store.put("agent", "a", 1));
    const write = (): number => {
      throw Object.assign(new Error("EROFS: read-only file system"), { syscall: "write" });
    };
    rmSync(join(home, "journal.ndjson"));
    await expect(openStore({ directory: home, write })).rejects.toThrow(StateUnusableError);
    expect(names(home)).toEqual(["state.json"]);
  });

  test("an old journal beside a newer checkpoint changes nothing back", async ({ directory }) => {
    const before = await openStore({ directory });
    before.put("agent", "a", "old");
    await before.written();
    const oldJournal = readFileSync(join(directory, "journal.ndjson"));
    before.put("agent", "a", "new");
    before.put("agent", "gone", null);
    await before.close();
    writeFileSync(join(directory, "journal.ndjson"), oldJournal);
    const store = await openStore({ directory });
    expect(agents(store)).toEqual({ a: "new" });
    store.put("agent", "b", 1);
    await store.written();
    await reopened(directory, (again) => expect(agents(again)).toEqual({ a: "new", b: 1 }));
    await store.close();
  });

  test("a journal without its header still counts", async ({ directory }) => {
    appendFileSync(join(directory, "journal.ndjson"), record(1, "a"));
    await reopened(directory, (store) => expect(agents(store)).toEqual({ a: 1 }));
  });
});
