// What is left when everything stops at an instant nobody chose: a killed process, or a power cut.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, fdatasync, fstatSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect } from "vitest";
import { openStore } from "../../src/storage/file-store.js";
import { recoverState, stateFiles } from "../../src/storage/recovery.js";
import { makeScratch, scratchTest as test } from "./scratch.js";

const sync = promisify(fdatasync);

/** What a directory says of every key after an opening. */
async function recovered(directory: string): Promise<ReadonlyMap<string, number>> {
  const store = await openStore({ directory });
  const values = new Map(store.entries("agent") as ReadonlyMap<string, number>);
  expect(store.damage).toEqual([]);
  await store.close();
  return values;
}

/** What an opening would find in these files. */
async function replayed(files: ReadonlyMap<string, Buffer>): Promise<ReadonlyMap<string, number>> {
  const directory = makeScratch();
  for (const [name, content] of files) writeFileSync(join(directory, name), content);
  const { table, damage } = await recoverState(stateFiles(directory), new Date(0));
  rmSync(directory, { recursive: true });
  // A journal of which the disk has seen nothing yet can't be told from one that was emptied.
  const isUnseen = files.get("journal.ndjson")?.length === 0;
  expect(damage).toEqual(isUnseen ? [expect.objectContaining({ reason: "it is empty" })] : []);
  return table.entries("agent") as ReadonlyMap<string, number>;
}

/** Each key counts up: whatever was acknowledged, that or something later must be there. */
function expectNothingLost(found: ReadonlyMap<string, number>, acknowledged: ReadonlyMap<string, number>): void {
  for (const [key, value] of acknowledged) expect(found.get(key) ?? -1, key).toBeGreaterThanOrEqual(value);
}

/** What a directory would hold if everything stopped now, and what had been acknowledged by then. */
interface Instant {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly acknowledged: ReadonlyMap<string, number>;
}

/**
 * Remembers a store's directory at every call that reaches the disk, before and after. After a `powerCut` the journal
 * ends where it was last synced: the worst a disk may do that keeps its renames.
 */
class Instants {
  readonly all: Instant[] = [];
  readonly #acknowledged = new Map<string, number>();
  readonly #syncedBytes = new Map<number, number>();

  constructor(
    readonly directory: string,
    readonly options: { readonly powerCut: boolean },
  ) {}

  readonly write = (fd: number, bytes: Uint8Array): number => {
    this.#remember();
    const half = writeSync(fd, bytes.subarray(0, bytes.length >> 1));
    this.#remember();
    return half + writeSync(fd, bytes.subarray(half));
  };

  readonly fdatasync = async (fd: number): Promise<void> => {
    this.#remember();
    const { ino, size } = fstatSync(fd);
    await sync(fd);
    this.#remember();
    this.#syncedBytes.set(ino, size);
  };

  acknowledge(key: string, value: number): void {
    this.#acknowledged.set(key, value);
    this.#remember();
  }

  #remember(): void {
    const files = new Map<string, Buffer>();
    // A checkpoint may be renamed between the two reads: then this is the pair of files right after.
    for (const name of ["journal.ndjson", "state.json"]) {
      const path = join(this.directory, name);
      if (existsSync(path)) files.set(name, readFileSync(path).subarray(0, this.#survivingBytes(path)));
    }
    this.all.push({ files, acknowledged: new Map(this.#acknowledged) });
  }

  #survivingBytes(path: string): number {
    const isCut = this.options.powerCut && path.endsWith("journal.ndjson");
    return isCut ? (this.#syncedBytes.get(statSync(path).ino) ?? 0) : Number.POSITIVE_INFINITY;
  }
}

test.for([
  { instant: "a killed process", powerCut: false, acknowledge: "written" as const, puts: 60 },
  { instant: "a power cut", powerCut: true, acknowledge: "durable" as const, puts: 25 },
])("$instant between any two calls leaves all that was acknowledged as $acknowledge", async (how, { directory }) => {
  const instants = new Instants(directory, how);
  const { write, fdatasync } = instants;
  const store = await openStore({ directory, checkpointEveryLines: 4, write, fdatasync });
  const client = async (key: string) => {
    for (let n = 0; n < how.puts; n += 1) {
      store.put("agent", key, n);
      await store[how.acknowledge]();
      instants.acknowledge(key, n);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([client("a"), client("b"), client("c")]);
  await store.close();
  expect(instants.all.length).toBeGreaterThan(100);
  for (const { files, acknowledged } of instants.all) expectNothingLost(await replayed(files), acknowledged);
});

let program: string;

beforeAll(() => {
  program = join(makeScratch(), "putter.mjs");
  const entry = fileURLToPath(new URL("putter.ts", import.meta.url));
  buildSync({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
});

afterAll(() => rmSync(dirname(program), { recursive: true }));

test("kill -9 at any moment leaves all that was acknowledged, opening after opening", async ({ directory }) => {
  let survived = new Map<string, number>();
  for (let round = 0; round < 8; round += 1) {
    // Some die while they open, some in the first lines, some in a checkpoint.
    const acknowledged = await killedAfter({ program, directory, acknowledgements: (round * round * 37) % 700 });
    const found = await recovered(directory);
    expectNothingLost(found, survived);
    expectNothingLost(found, acknowledged);
    survived = new Map(found);
  }
  expect(survived.size).toBeGreaterThan(0);
});

/** Runs the program until it has printed that many acknowledgements, kills it, and returns all it has printed. */
async function killedAfter(options: {
  readonly program: string;
  readonly directory: string;
  readonly acknowledgements: number;
}): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [options.program, options.directory], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const printed = await readUntilKilled(child, options.acknowledgements);
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  const whole = printed.slice(0, printed.lastIndexOf("\n") + 1);
  return new Map(
    whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as [string, number]),
  );
}

async function readUntilKilled(
  child: ChildProcessByStdio<null, Readable, null>,
  acknowledgements: number,
): Promise<string> {
  let printed = "";
  let lines = 0;
  if (acknowledgements === 0) child.kill("SIGKILL");
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk;
    lines += String(chunk).split("\n").length - 1;
    if (lines >= acknowledgements) child.kill("SIGKILL");
  }
  return printed;
}
