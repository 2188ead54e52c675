// What following a log promises whatever rotates it: every line once, in order and whole, for the slowest reader too.
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentLogs } from "../../src/logs/agent-logs.js";
import type { HoldStill } from "../../src/logs/stillness.js";
import { makeScratch, scratchTest } from "../storage/scratch.js";
import { followLog } from "./follow-log.js";

/** A reader that asks only when it is told to. */
function slowReader(lines: AsyncGenerator<readonly string[], void, void>, end: AbortController) {
  const seen: string[] = [];
  let asking: Promise<boolean> | null = null;
  const ask = (): Promise<boolean> => {
    asking ??= lines.next().then(({ value, done }) => {
      asking = null;
      seen.push(...(value ?? []));
      return done !== true;
    });
    return asking;
  };
  const rest = async (): Promise<readonly string[]> => {
    end.abort();
    while (await ask());
    return seen;
  };
  return { ask, rest };
}

/** One log and who writes to it; nobody need be stopped, since they write only when told to. */
class World {
  readonly #directory: string;
  readonly #log;
  readonly #end = new AbortController();
  readonly reader;
  written = "";

  constructor(directory: string, { maxBytes }: { readonly maxBytes: number }) {
    this.#directory = directory;
    this.#log = new AgentLogs({ directory, now: Date.now, limits: () => ({ maxBytes, maxFiles: 1000 }) }).of("a");
    this.write("the first line\n");
    this.reader = slowReader(followLog(this.#log, { lines: 1, signal: this.#end.signal }), this.#end);
  }

  write(text: string): void {
    this.written += text;
    appendFileSync(this.#log.path, text);
  }

  /** A session ends with a line, and the next begins. */
  async restart(): Promise<void> {
    if (!this.written.endsWith("\n")) this.write("\n");
    await this.#log.open();
  }

  /** Between the emptying and its end much is written, and the reader asks. */
  async rotate(meanwhile: string): Promise<void> {
    const hold: HoldStill = async ({ record, work }) => {
      record({});
      await work({
        cut: async ({ file, mark }) => {
          truncateSync(file, 0);
          writeFileSync(mark, "");
          this.write(meanwhile);
          // A read that is not kept waiting is done by then.
          this.reader.ask().catch(() => {});
          for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        },
      });
    };
    await this.#log.rotate(hold);
  }

  /** Somebody else rotates by renames, as the daemon does its own log. */
  rename(): void {
    if (!this.written.endsWith("\n")) this.write("\n");
    for (let number = 300; number > 0; number -= 1) {
      try {
        renameSync(`${this.#log.path}.${number}`, `${this.#log.path}.${number + 1}`);
      } catch {
        // There is no such backup.
      }
    }
    renameSync(this.#log.path, join(this.#directory, "a.log.1"));
    writeFileSync(this.#log.path, "");
  }
}

const text = fc
  .array(fc.constantFrom("a", "é", "🦔", "\n", "some more"), { maxLength: 30 })
  .map((parts) => parts.join(""));

test("whatever is written, rotated, renamed and read in between, every line comes once", async () => {
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("write" as const), text }),
    fc.record({ kind: fc.constant("rotate" as const), text }),
    fc.record({ kind: fc.constantFrom("ask" as const, "restart" as const, "rename" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 25 }), async (deeds) => {
      const directory = makeScratch();
      const world = new World(directory, { maxBytes: 50 });
      await world.reader.ask();
      for (const deed of deeds) {
        if (deed.kind === "write") world.write(deed.text);
        if (deed.kind === "rotate") await world.rotate(deed.text);
        if (deed.kind === "restart") await world.restart();
        if (deed.kind === "rename") world.rename();
        // It need not have anything to tell yet.
        if (deed.kind === "ask")
          await Promise.race([world.reader.ask(), new Promise((resolve) => setImmediate(resolve))]);
      }
      const lines = world.written.split("\n");
      if (lines.at(-1) === "") lines.pop();
      const seen = await world.reader.rest();
      rmSync(directory, { recursive: true });
      expect(seen).toEqual(lines);
    }),
    { numRuns: 150 },
  );
});

scratchTest(
  "who is in the middle of a log when it is emptied reads the rest, not what came after it",
  async ({ directory }) => {
    const world = new World(directory, { maxBytes: 100_000 });
    await world.reader.ask();
    // More than is read at once: asked again, the reader goes on at the place it has reached.
    world.write(Array.from({ length: 30_000 }, (_, n) => `${n}\n`).join(""));
    await world.reader.ask();
    await world.rotate(Array.from({ length: 30_000 }, (_, n) => `${n} after the rotation\n`).join(""));
    expect(await world.reader.rest()).toEqual(world.written.trimEnd().split("\n"));
  },
);

scratchTest("a text that is waited for is found across a rotation in the middle of it", async ({ directory }) => {
  const log = new AgentLogs({ directory, now: Date.now, limits: () => ({ maxBytes: 5, maxFiles: 3 }) }).of("a");
  writeFileSync(log.path, "starting: list");
  const { signal } = new AbortController();
  const found = log.waitForText({ fromByte: 2, text: "listening", signal });
  await log.rotate(async ({ record, work }) => {
    record({});
    await work({
      cut: async ({ file, mark }) => {
        truncateSync(file, 0);
        writeFileSync(mark, "");
        appendFileSync(file, "ening on 8080");
      },
    });
  });
  await found;
});
