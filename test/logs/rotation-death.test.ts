// What is left of a log when the daemon, or the guard that empties it, dies at any step of a rotation.
import { join } from "node:path";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { AgentLogs } from "../../src/logs/agent-logs.js";
import type { HoldStill } from "../../src/logs/stillness.js";
import { makeScratch } from "../storage/scratch.js";
import { life } from "./mortal-fs.js";

vi.mock("node:fs/promises", async (real) => (await import("./mortal-fs.js")).mortalPromises(await real()));
vi.mock("node:fs", async (real) => (await import("./mortal-fs.js")).mortalSync(await real()));
const fs = await vi.importActual<typeof import("node:fs")>("node:fs");

const MAX_BYTES = 100;

/**
 * What becomes of the guard: it does as it is told; it dies when it has emptied the log, before it says so, alone or with
 * the daemon; it is told, then the daemon dies, and it acts only while the next daemon already recovers; or the daemon
 * dies before it tells.
 */
type Guard = "obeys" | "dies" | "dies with the daemon" | "is late" | "is not told";

interface WorldOptions {
  readonly maxFiles: number;
  /** What is written again and again; numbers when left out. */
  readonly line?: string;
}

/** One log, the processes that write to it, and the daemons that come and go. */
class World {
  readonly directory = makeScratch();
  readonly path = join(this.directory, "a.log");
  readonly #maxFiles: number;
  readonly #line: (number: number) => string;
  #logs = this.#newDaemon();
  #number = 0;
  /** Everything that was ever written to the log. */
  written = "";
  /** The rest of the line that was begun. */
  #unfinished = "";
  #isHeld = false;
  #lateGuard: (() => void) | null = null;
  /** Bytes that are written as soon as the writers are let go. */
  #pentUp = 0;

  constructor({ maxFiles, line }: WorldOptions) {
    this.#maxFiles = maxFiles;
    this.#line = line === undefined ? (number) => String(number) : () => line;
  }

  /** Lines, the last of them cut anywhere. */
  write(bytes: number): void {
    const end = this.written.length + bytes;
    let unwritten = this.#unfinished;
    while (this.written.length + unwritten.length < end) unwritten += `${this.#line(this.#number++)}\n`;
    fs.appendFileSync(this.path, unwritten.slice(0, bytes));
    this.written += unwritten.slice(0, bytes);
    this.#unfinished = unwritten.slice(bytes);
  }

  /** Rotates, with a death of the daemon after so many steps; then daemons come until one lives. Tells whether it died. */
  async rotate(plan: {
    readonly steps: number;
    readonly guard: Guard;
    readonly pentUp: number;
    readonly recoverySteps: readonly number[];
  }): Promise<boolean> {
    this.#pentUp = plan.pentUp;
    this.#begin(plan.steps);
    await this.#logs.of("a").rotate(this.#hold(plan.guard)).catch(ignoreDeath);
    const died = life.isOver;
    for (const steps of plan.recoverySteps) if (life.isOver) await this.#recover(steps);
    if (life.isOver) await this.#recover(Number.POSITIVE_INFINITY);
    expect(this.#isHeld).toBe(false);
    return died;
  }

  /** A session begins, with a death of the daemon after so many steps. */
  async open(steps: number): Promise<void> {
    this.#begin(steps);
    await this.#logs.of("a").open().catch(ignoreDeath);
    if (life.isOver) await this.#recover(Number.POSITIVE_INFINITY);
    this.#begin(Number.POSITIVE_INFINITY);
    await this.#logs.of("a").open();
  }

  /** The newest first, the log itself before all. */
  files(): string[] {
    const names = fs.readdirSync(this.directory).filter((name) => /^a\.log(\.\d+)?$/.test(name));
    const number = (name: string) => Number(name.slice("a.log.".length));
    return names
      .sort((a, b) => number(a) - number(b))
      .map((name) => fs.readFileSync(join(this.directory, name), "utf8"));
  }

  expectNothingLostOrDoubled(): void {
    const files = this.files();
    const kept = [...files].reverse().join("");
    expect(this.written.endsWith(kept)).toBe(true);
    expect(files.length - 1).toBeLessThanOrEqual(this.#maxFiles);
    if (kept.length < this.written.length) {
      const worth = files.reduce((sum, { length }) => sum + Math.ceil(length / MAX_BYTES), 0);
      expect(worth).toBeGreaterThanOrEqual(this.#maxFiles);
    }
    expect(fs.readdirSync(this.directory).filter((name) => !/^a\.log(\.\d+)?$/.test(name))).toEqual([]);
  }

  remove(): void {
    this.#begin(Number.POSITIVE_INFINITY);
    fs.rmSync(this.directory, { recursive: true });
  }

  #begin(steps: number): void {
    life.begin({
      steps,
      meanwhile: () => {
        if (!this.#isHeld) this.write(3);
      },
    });
  }

  async #recover(steps: number): Promise<void> {
    this.#begin(steps);
    this.#logs = this.#newDaemon();
    const letGo = async () => {
      life.breathe();
      this.#letGo();
    };
    const report = (_: string, error: unknown) => ignoreDeath(error);
    await this.#logs.recover({ elsewhere: [], letGo, report }).catch(ignoreDeath);
  }

  #hold(fate: Guard): HoldStill {
    return async ({ record, work }) => {
      record({ writers: "all" });
      this.#isHeld = true;
      const guard = { isAlive: true };
      try {
        await work({ cut: (target) => this.#cut(target, fate, guard) });
      } finally {
        // A living daemon lets go; when it is dead a living guard notices, and does it.
        if (!life.isOver || (guard.isAlive && this.#lateGuard === null)) this.#letGo();
      }
    };
  }

  async #cut(target: { readonly file: string; readonly mark: string }, fate: Guard, guard: { isAlive: boolean }) {
    life.step();
    const empty = () => fs.truncateSync(target.file, 0);
    const mark = () => fs.writeFileSync(target.mark, "");
    switch (fate) {
      case "obeys":
        empty();
        mark();
        this.#letGo();
        return life.step();
      case "dies":
        empty();
        guard.isAlive = false;
        throw new Error("the guard is dead");
      case "dies with the daemon":
        empty();
        guard.isAlive = false;
        return life.end();
      case "is late":
        this.#lateGuard = () => {
          empty();
          mark();
        };
        return life.end();
      case "is not told":
        return life.end();
    }
  }

  #letGo(): void {
    this.#lateGuard?.();
    this.#lateGuard = null;
    if (this.#isHeld) this.write(this.#pentUp);
    this.#isHeld = false;
  }

  #newDaemon(): AgentLogs {
    const limits = () => ({ maxBytes: MAX_BYTES, maxFiles: this.#maxFiles });
    return new AgentLogs({ directory: this.directory, now: Date.now, limits });
  }
}

function ignoreDeath(error: unknown): void {
  if (!life.isOver && !(error instanceof Error && error.message === "the guard is dead")) throw error;
}

async function inWorld(options: WorldOptions, story: (world: World) => Promise<void>): Promise<void> {
  const world = new World(options);
  try {
    await story(world);
  } finally {
    world.remove();
  }
}

const GUARDS: readonly Guard[] = ["obeys", "dies", "dies with the daemon", "is late", "is not told"];

/** More steps than a rotation of what is written here takes. */
const ALL_STEPS = 60;

test.for(GUARDS.flatMap((guard) => [0, 600].map((pentUp) => [guard, pentUp] as const)))(
  "the daemon dies at each step of a rotation, the guard %s, then %d bytes come: nothing is lost or doubled",
  async ([guard, pentUp]) => {
    for (let steps = 0; steps < ALL_STEPS; steps += 1) {
      await inWorld({ maxFiles: 9 }, async (world) => {
        world.write(330);
        await world.open(Number.POSITIVE_INFINITY);
        world.write(220);
        const died = await world.rotate({ steps, guard, pentUp, recoverySteps: [] });
        if (steps === ALL_STEPS - 1 && guard === "obeys") expect(died).toBe(false);
        expect([...world.files()].reverse().join("")).toBe(world.written);
        world.expectNothingLostOrDoubled();
      });
    }
  },
);

test.for(GUARDS)("the next daemon dies at each step too, the guard %s: nothing is lost or doubled", async (guard) => {
  for (let recoverySteps = 0; recoverySteps < 20; recoverySteps += 1) {
    for (const steps of [10, 20, 30, Number.POSITIVE_INFINITY]) {
      await inWorld({ maxFiles: 9 }, async (world) => {
        world.write(330);
        await world.rotate({ steps, guard, pentUp: 500, recoverySteps: [recoverySteps, recoverySteps >> 1] });
        expect([...world.files()].reverse().join("")).toBe(world.written);
        world.expectNothingLostOrDoubled();
      });
    }
  }
});

test("an emptied log that fills with the same again is known to have been emptied, whoever asks", async () => {
  for (let recoverySteps = 0; recoverySteps < 20; recoverySteps += 1) {
    await inWorld({ maxFiles: 9, line: "" }, async (world) => {
      world.write(330);
      const steps = Number.POSITIVE_INFINITY;
      await world.rotate({ steps, guard: "dies with the daemon", pentUp: 500, recoverySteps: [recoverySteps] });
      expect(world.files().join("").length).toBe(world.written.length);
    });
  }
});

test("whatever is written, rotated and opened, and whoever dies: only the oldest backups go", async () => {
  const steps = fc.oneof(fc.nat(60), fc.constant(Number.POSITIVE_INFINITY));
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("write" as const), bytes: fc.nat(700) }),
    fc.record({ kind: fc.constant("open" as const), steps }),
    fc.record({
      kind: fc.constant("rotate" as const),
      steps,
      guard: fc.constantFrom(...GUARDS),
      pentUp: fc.nat(600),
      recoverySteps: fc.array(fc.nat(30), { maxLength: 3 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(deed, { maxLength: 10 }), (maxFiles, deeds) =>
      inWorld({ maxFiles }, async (world) => {
        world.write(10);
        for (const deed of deeds) {
          if (deed.kind === "write") world.write(deed.bytes);
          else if (deed.kind === "open") await world.open(deed.steps);
          else await world.rotate(deed);
          world.expectNothingLostOrDoubled();
        }
      }),
    ),
    { numRuns: 100 },
  );
});
