// Holds the processes that write to a log still while something is done to it.
import { existsSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Held, Pause, Stillness } from "../logs/stillness.js";
import { signalProcess } from "./identity.js";
import { readMotion } from "./motion.js";
import type { Motion } from "./process-entry.js";
import { HoldStillError, type ProcessIdentity } from "./session.js";
import { StillGuard } from "./still-guard.js";
import { TimeLimit } from "./time-limit.js";

/** A process stops within microseconds if a processor is free: so many looks are taken at once, the others each millisecond. */
const EAGER_LOOKS = 20;
const LOOK_EVERY_MS = 1;

/** A process that writes to a log. */
export interface Writer {
  readonly identity: ProcessIdentity;
  readonly parentPid: number;
}

/** Who was found at one moment; `areAll` is false when there may be more. */
export interface Writers {
  readonly found: readonly Writer[];
  readonly areAll: boolean;
}

/** What is on record of a pause. */
export type HeldWriters = {
  readonly guard: ProcessIdentity;
  readonly writers: readonly ProcessIdentity[];
};

/**
 * See `HoldStill`. Whoever is stopped already, by its shell or by somebody's hand, stays so afterwards.
 *
 * @param find looks for everybody who writes to the log; asked again and again until it finds nobody who runs
 * @throws HoldStillError with the reason
 */
export async function holdStill(pause: Pause, find: () => Promise<Writers>): Promise<void> {
  const hold = new Hold(await StillGuard.start(), pause.atMostMs);
  try {
    await hold.stopAll(find, (held) => pause.record(held));
    await hold.during(pause.work(hold));
  } finally {
    await hold.end();
  }
}

class Hold implements Stillness {
  readonly #guard: StillGuard;
  readonly #limit: TimeLimit;
  /** Parents before their children. */
  #held: readonly ProcessIdentity[] = [];
  #isStill = false;
  #isOver = false;
  #cutting: Promise<void> | null = null;

  constructor(guard: StillGuard, atMostMs: number) {
    this.#guard = guard;
    this.#limit = new TimeLimit(atMostMs, () => this.#tooLong(atMostMs));
    void guard.ended.then(() => this.#guardEnded());
  }

  async stopAll(find: () => Promise<Writers>, record: (held: Held) => void): Promise<void> {
    let { found, areAll } = await this.#look(find);
    // Who was started by one that was about to stop is found only by a look that began when all had stopped.
    do {
      await this.#stop(found, record);
      ({ found, areAll } = await this.#look(find));
    } while (found.length > 0 || !areAll);
    this.#isStill = true;
  }

  during(work: Promise<void>): Promise<void> {
    return this.#limit.within(work);
  }

  async cut(target: { readonly file: string; readonly mark: string }): Promise<void> {
    if (this.#isOver) throw new HoldStillError("let-go", "the writers were let go before the log could be emptied");
    this.#isOver = true;
    // Whoever waits for the work is to hear what became of the cut.
    this.#limit.lift();
    this.#cutting = this.#cut(target);
    return this.#cutting;
  }

  /** Lets the writers go on, unless a cut has done so or is about to. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#limit.lift();
    if (this.#cutting !== null) await this.#cutting.catch(() => {});
    else if ((await this.#guard.dismiss()) === "broken") await continueAll(this.#held);
  }

  /** Those writers that run. */
  async #look(find: () => Promise<Writers>): Promise<Writers> {
    const { found, areAll } = await this.#limit.within(find());
    const running: Writer[] = [];
    for (const writer of found) if ((await this.#settled(writer)) === "runs") running.push(writer);
    return { found: running, areAll };
  }

  /** What a writer is doing once it is not about to stop: a stop that we did not begin is not ours to end. */
  async #settled(writer: Writer): Promise<Motion> {
    let motion = await motionOf(writer);
    for (; motion === "stopping"; motion = await motionOf(writer)) await this.#limit.within(sleep(LOOK_EVERY_MS));
    return motion;
  }

  async #stop(writers: readonly Writer[], record: (held: Held) => void): Promise<void> {
    const generations = fromTheTop(writers);
    const identities = generations.flat().map(({ identity }) => identity);
    this.#held = [...this.#held, ...identities];
    record({ guard: this.#guard.identity, writers: this.#held } satisfies HeldWriters);
    await this.#limit.within(this.#guard.watchOver(identities));
    for (const generation of generations) await this.#stopAtOnce(generation);
  }

  async #stopAtOnce(writers: readonly Writer[]): Promise<void> {
    for (const writer of writers) {
      const isSent = await signalProcess(writer.identity, "SIGSTOP");
      if (!isSent && (await motionOf(writer)) !== "gone") throw refused(writer);
    }
    for (const writer of writers) await this.#until(async () => isStill(await motionOf(writer)));
  }

  async #until(isMet: () => Promise<boolean>): Promise<void> {
    for (let looks = 0; !(await isMet()); looks++) {
      await this.#limit.within<unknown>(looks < EAGER_LOOKS ? nextTurn() : sleep(LOOK_EVERY_MS));
    }
  }

  async #cut(target: { readonly file: string; readonly mark: string }): Promise<void> {
    const end = await this.#guard.cut(target);
    if (end === "not-emptied") throw notEmptied(target);
    if (end === "broken") await this.#cutOurselves(target);
  }

  /** The guard has made the mark before it let anybody go; without one everybody is still held. */
  async #cutOurselves({ file, mark }: { readonly file: string; readonly mark: string }): Promise<void> {
    try {
      if (existsSync(mark)) return;
      await truncate(file).catch(() => {
        throw notEmptied({ file });
      });
      // The mark is for a daemon that comes after one that died here. Who hears from us that the log is empty needs none.
      await writeFile(mark, "").catch(() => {});
    } finally {
      await continueAll(this.#held);
    }
  }

  #guardEnded(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limit.cutShort(new HoldStillError("no-guard", "the guard that lets the writers go has died"));
  }

  #tooLong(atMostMs: number): HoldStillError {
    this.#isOver = true;
    return this.#isStill
      ? new HoldStillError("too-long", `what was to be done to the log took longer than ${atMostMs} ms`)
      : new HoldStillError("restless", `not everybody who writes to the log could be stopped within ${atMostMs} ms`);
  }
}

function notEmptied({ file }: { readonly file: string }): HoldStillError {
  return new HoldStillError("not-emptied", `${file} could not be emptied`);
}

/** @throws HoldStillError when it is not up to us whether it stops */
async function motionOf({ identity }: Writer): Promise<Motion> {
  const motion = await readMotion(identity);
  if (motion === "traced") throw new HoldStillError("traced", `process ${identity.pid} is being traced`);
  return motion;
}

function isStill(motion: Motion): boolean {
  return motion === "stopped" || motion === "gone";
}

function refused({ identity }: Writer): HoldStillError {
  return new HoldStillError("refused", `process ${identity.pid} may not be stopped`);
}

/** Lets processes go on, children before their parents: a shell with job control then does not see them stopped. */
export async function continueAll(parentsFirst: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of parentsFirst.toReversed()) await signalProcess(identity, "SIGCONT");
}

/**
 * Generations of a family, parents before their children: a parent in vfork(2) does not stop before its child has called
 * exec, which one that is stopped never does, and a parent that has stopped gets no further children.
 */
function fromTheTop(writers: readonly Writer[]): Writer[][] {
  const generations: Writer[][] = [];
  for (let rest = writers; rest.length > 0; ) {
    const pids = new Set(rest.map(({ identity }) => identity.pid));
    const hasParentIn = ({ parentPid }: Writer): boolean => pids.has(parentPid);
    const oldest = rest.filter((writer) => !hasParentIn(writer));
    // Numbers that were reused while they were read may make a circle.
    if (oldest.length === 0) return [...generations, [...rest]];
    generations.push(oldest);
    rest = rest.filter(hasParentIn);
  }
  return generations;
}
