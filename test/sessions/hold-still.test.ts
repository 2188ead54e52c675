import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Held, Stillness } from "../../src/logs/stillness.js";
import { letGo } from "../../src/sessions/let-go.js";
import { PATIENCE_MS } from "../support/deadline.js";
import { bundled } from "./fixtures/bundle.js";
import {
  cutCopies,
  expectAllGoOn,
  expectNothingLost,
  expectNotToGrow,
  grows,
  idsOf,
  isStopped,
  NotedPause,
  outcomeOf,
  type Rotation,
  statesOf,
} from "./rotation.js";
import { lives, Sandbox, type Started, until } from "./sandbox.js";

const producer = bundled("producer");
const rotatingDaemon = bundled("rotating-daemon");

let sandbox: Sandbox;
let copies: string;
beforeEach(() => {
  sandbox = new Sandbox();
  copies = join(sandbox.home, "copies");
  mkdirSync(copies);
});
afterEach(() => {
  for (const daemon of daemons.splice(0)) daemon.kill("SIGKILL");
  return sandbox.dispose();
});

const daemons: ChildProcess[] = [];

const COUNT = "i=0; while :; do i=$((i+1)); echo $0 $i; done";

/** Runs a script and waits until it has written something. */
async function running(script: string): Promise<Started> {
  const started = await sandbox.run(script);
  await until(() => sandbox.log() !== "", "the first output");
  return started;
}

async function end({ session, told }: Started): Promise<void> {
  session.kill();
  await told.isOver();
}

/** The log as everybody left it in the middle of nothing: one that is killed while it writes leaves half a line to the others. */
async function endInPeace(started: Started): Promise<string> {
  let log = "";
  await started.session.holdStill({
    atMostMs: PATIENCE_MS,
    record: () => {},
    work: async () => {
      log = sandbox.log();
    },
  });
  await end(started);
  return log;
}

function mark(number = 1): string {
  return join(copies, `mark.${number}`);
}

/** Copies the log and cuts it, as rotation does. */
async function rotate(stillness: Stillness, number = 1): Promise<string> {
  const copy = readFileSync(sandbox.logFile, "utf8");
  await stillness.cut({ file: sandbox.logFile, mark: mark(number) });
  return copy;
}

describe("while a session is held still", () => {
  it("none of its threads and processes writes, and a cut loses no byte", async () => {
    const started = await running(`setsid sh -c '${COUNT}' shell & exec ${process.execPath} ${producer()}`);
    await until(
      () => ["thread-0", "thread-1", "thread-2", "shell"].every((name) => sandbox.log().includes(name)),
      "all",
    );
    const texts: string[] = [];
    for (let round = 0; round < 10; round++) {
      await started.session.holdStill({
        atMostMs: PATIENCE_MS,
        record: () => {},
        work: async (stillness) => {
          await expectNotToGrow(sandbox.logFile);
          texts.push(await rotate(stillness, round));
        },
      });
      await grows(sandbox.logFile);
    }
    const rest = await endInPeace(started);
    expect(expectNothingLost([...texts, rest])).toEqual(["shell", "thread-0", "thread-1", "thread-2"]);
  });

  it("everybody is on record before being stopped, and the guard with them", async () => {
    const started = await running(`sh -c '${COUNT}' child & echo child=$!; sh -c '${COUNT}' second; wait`);
    const child = await sandbox.pidOf("child");
    await until(() => /^second /m.test(sandbox.log()), "the second");
    const stoppedAtRecord: boolean[] = [];
    const pause = new NotedPause(async () => expect(pause.last.writers.every(isStopped)).toBe(true));
    const record = pause.record.bind(pause);
    pause.record = (held: Held) => {
      stoppedAtRecord.push(...idsOf(held).writers.map(isStopped));
      record(held);
    };
    await started.session.holdStill(pause);
    expect(stoppedAtRecord.length).toBeGreaterThanOrEqual(3);
    expect(stoppedAtRecord.slice(0, 3)).toEqual([false, false, false]);
    expect(pause.last.writers).toEqual(expect.arrayContaining([started.session.ref.identity.pid, child]));
    await end(started);
  });

  it("whoever had been stopped before stays so afterwards", async () => {
    const started = await running("sleep 60 & echo sleeper=$!; exec sleep 60");
    const sleeper = await sandbox.pidOf("sleeper");
    process.kill(sleeper, "SIGSTOP");
    await until(() => isStopped(sleeper), "the sleeper to be stopped");
    const pause = new NotedPause((stillness) => rotate(stillness).then(() => {}));
    await started.session.holdStill(pause);
    expect([isStopped(sleeper), pause.last.writers]).toEqual([true, [started.session.ref.identity.pid]]);
    await until(() => !isStopped(started.session.ref.identity.pid), "the leader to go on");
    await end(started);
  });

  it("nobody needs to be stopped when all have been before", async () => {
    const started = await running("echo up; exec sleep 60");
    const { pid } = started.session.ref.identity;
    await stop(pid);
    const pause = new NotedPause((stillness) => rotate(stillness).then(() => {}));
    await started.session.holdStill(pause);
    expect([isStopped(pid), pause.last.writers, existsSync(mark())]).toEqual([true, [], true]);
    await end(started);
  });

  it("a signal and a stop wait until it goes on", async () => {
    const started = await running(
      `trap 'echo asked' USR1; trap 'echo ended; exit 7' TERM; echo up; while :; do sleep 0.01; done`,
    );
    await started.session.holdStill({
      atMostMs: PATIENCE_MS,
      record: () => {},
      work: async () => {
        started.session.notify("SIGUSR1");
        started.session.signal("SIGTERM");
        await expectNotToGrow(sandbox.logFile);
        expect(isStopped(started.session.ref.identity.pid)).toBe(true);
      },
    });
    await started.told.hasExited();
    // The shell may have a word to say about its child, too.
    expect([started.told.exit?.code, sandbox.log().match(/asked|ended/g)]).toEqual([7, ["asked", "ended"]]);
    await end(started);
  });
});

describe("a session that starts processes all the time", () => {
  it.for([
    { by: "a shell", script: `while :; do /bin/echo shell; done` },
    { by: "several shells", script: `for n in 1 2 3; do (while :; do (/bin/echo shell & wait); done) & done; wait` },
    { by: "one whose children write late", script: `while :; do sh -c 'sleep 0.01; echo late' & sleep 0.002; done` },
  ])("is held still when it is $by", async ({ script }) => {
    const started = await running(script);
    for (let round = 0; round < 15; round++) {
      await started.session.holdStill({
        atMostMs: PATIENCE_MS,
        record: () => {},
        work: async (stillness) => {
          await expectNotToGrow(sandbox.logFile);
          await rotate(stillness, round);
        },
      });
      await grows(sandbox.logFile);
    }
    await end(started);
  });
});

describe("the pause ends", () => {
  it("with what the work threw, and nothing is cut", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const pause = new NotedPause(async () => {
      throw new Error("no room");
    });
    await expect(started.session.holdStill(pause)).rejects.toThrow("no room");
    await expectAllGoOn(pause.last);
    await end(started);
    expect(expectNothingLost([sandbox.log()])).toEqual(["shell"]);
  });

  it("when its time is up, and a cut comes too late", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const kept: { stillness?: Stillness } = {};
    const work = (stillness: Stillness): Promise<void> => {
      kept.stillness = stillness;
      return new Promise(() => {});
    };
    const reasonAfter = (pause: NotedPause): Promise<unknown> =>
      started.session.holdStill(pause).catch((error) => error.reason);
    let pause = new NotedPause(work, 500);
    let reason = await reasonAfter(pause);
    // On a busy machine it takes longer to stop everybody.
    for (; reason === "restless" && pause.atMostMs < PATIENCE_MS; reason = await reasonAfter(pause))
      pause = new NotedPause(work, 2 * pause.atMostMs);
    expect(reason).toBe("too-long");
    await expectAllGoOn(pause.last);
    const late = kept.stillness?.cut({ file: sandbox.logFile, mark: mark() });
    await expect(late).rejects.toMatchObject({ reason: "let-go" });
    await end(started);
    expect([expectNothingLost([sandbox.log()]), existsSync(mark())]).toEqual([["shell"], false]);
  });

  it("and a second cut is refused", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const work = async (stillness: Stillness): Promise<void> => {
      await rotate(stillness);
      await rotate(stillness, 2);
    };
    await expect(started.session.holdStill(new NotedPause(work))).rejects.toMatchObject({ reason: "let-go" });
    expect([existsSync(mark()), existsSync(mark(2))]).toEqual([true, false]);
    await end(started);
  });

  it("when the log cannot be emptied, which stays whole without a mark", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const work = (stillness: Stillness): Promise<void> => stillness.cut({ file: copies, mark: mark() });
    const pause = new NotedPause(work);
    await expect(started.session.holdStill(pause)).rejects.toMatchObject({ reason: "not-emptied" });
    await expectAllGoOn(pause.last);
    expect(existsSync(mark())).toBe(false);
    await end(started);
  });

  it("leaving neither descriptors nor processes behind", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const open = (): number => readdirSync("/proc/self/fd").length;
    const guards: number[] = [];
    const once = async (): Promise<void> => {
      const pause = new NotedPause((stillness) => rotate(stillness).then(() => {}));
      await started.session.holdStill(pause);
      guards.push(pause.last.guard);
    };
    await once();
    const before = open();
    for (let round = 0; round < 10; round++) await once();
    expect([open(), guards.filter(lives)]).toEqual([before, []]);
    await end(started);
  });
});

it("a session whose leader has ended is not held still", async () => {
  const started = await sandbox.run("sleep 60 & exit 0");
  await started.told.hasExited();
  const pause = new NotedPause(async () => {});
  await expect(started.session.holdStill(pause)).rejects.toMatchObject({ reason: "ended" });
  expect(pause.records).toEqual([]);
  await end(started);
  await expect(started.session.holdStill(pause)).rejects.toMatchObject({ reason: "ended" });
});

describe("a guard", () => {
  it("that is killed ends the pause: the daemon lets everybody go", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const pause = new NotedPause(async () => {
      process.kill(pause.last.guard, "SIGKILL");
      await new Promise(() => {});
    });
    await expect(started.session.holdStill(pause)).rejects.toMatchObject({ reason: "no-guard" });
    await expectAllGoOn(pause.last);
    await grows(sandbox.logFile);
    await end(started);
  });

  it("that does nothing when it is to cut is ended, and the daemon cuts", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const texts: string[] = [];
    const pause = new NotedPause(async (stillness) => {
      process.kill(pause.last.guard, "SIGSTOP");
      texts.push(await rotate(stillness));
    });
    await started.session.holdStill(pause);
    await expectAllGoOn(pause.last);
    expect(existsSync(mark())).toBe(true);
    await end(started);
    expectNothingLost([...texts, sandbox.log()]);
  });

  it("is no part of the session it watches over", async () => {
    const started = await running(`exec sh -c '${COUNT}' shell`);
    const pause = new NotedPause(async () => {
      expect(sandbox.left()).not.toContain(pause.last.guard);
      expect(
        readdirSync(`/proc/${pause.last.guard}/fd`)
          .map(Number)
          .filter((fd) => fd > 2 && fd < 10),
      ).toEqual([]);
      expect(readFileSync(`/proc/${pause.last.guard}/environ`, "utf8")).not.toContain("HEARTH");
    });
    await started.session.holdStill(pause);
    await end(started);
  });
});

/** The record of the daemon's last rotation; null before its first. */
function recorded(): Rotation | null {
  const file = join(copies, "record");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Rotation) : null;
}

function signal(pid: number | undefined, name: NodeJS.Signals): boolean {
  try {
    return pid !== undefined && process.kill(pid, name);
  } catch {
    return false;
  }
}

/** False when the process has ended. */
async function stop(pid: number | undefined): Promise<boolean> {
  if (pid === undefined || !signal(pid, "SIGSTOP")) return false;
  await until(() => isStopped(pid) || !lives(pid), "it to be stopped");
  return lives(pid);
}

function startRotating({ session, incarnation }: Started) {
  const { directories, logFile } = sandbox;
  const owner = { agent: "town/mayor", incarnation };
  const settings = { directories, owner, ref: session.ref, logFile, directory: copies };
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const daemon = spawn(process.execPath, [rotatingDaemon(), JSON.stringify(settings)], { stdio: [...stdio] });
  daemons.push(daemon);
  return daemon;
}

describe("a daemon that is killed in a pause", () => {
  it("at any moment leaves nobody stopped and a log that is whole or cut, and the next one goes on", async () => {
    const started = await running(`setsid sh -c '${COUNT}' shell & exec ${process.execPath} ${producer()}`);
    const outcomes: string[] = [];
    for (let round = 0; round < 15; round++) {
      const daemon = startRotating(started);
      await once(daemon.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
      daemon.kill("SIGKILL");
      await once(daemon, "exit");
      const rotation = recorded();
      if (rotation === null) throw new Error("nothing is on record");
      await expectAllGoOn(idsOf(rotation.held));
      outcomes.push(outcomeOf(copies, rotation, sandbox.logFile));
      await grows(sandbox.logFile);
    }
    const rest = await endInPeace(started);
    expect(outcomes.filter((outcome) => outcome === "neither")).toEqual([]);
    expect(expectNothingLost([...cutCopies(copies), rest])).toContain("thread-2");
  });

  /** A daemon that dies while it holds the session, with a guard that cannot do its part. */
  async function bothGone(started: Started, guardEnds: "SIGKILL" | "SIGSTOP"): Promise<Rotation> {
    const daemon = startRotating(started);
    for (;;) {
      await once(daemon.stdout, "data");
      await stop(daemon.pid);
      const rotation = recorded();
      const { guard, writers } = idsOf(rotation?.held);
      if (rotation !== null && (await stop(guard)) && writers.every(isStopped)) {
        process.kill(guard, guardEnds);
        daemon.kill("SIGKILL");
        await once(daemon, "exit");
        return rotation;
      }
      for (const pid of [guard, daemon.pid]) signal(pid, "SIGCONT");
    }
  }

  it.for([{ guardEnds: "SIGKILL" }, { guardEnds: "SIGSTOP" }] as const)(
    "with its guard ($guardEnds) holds nobody once the next one has let go",
    async ({ guardEnds }) => {
      const started = await running(`exec sh -c '${COUNT}' shell`);
      const { held } = await bothGone(started, guardEnds);
      const { guard, writers } = idsOf(held);
      expect(writers.filter(isStopped)).toEqual(writers);
      const seen: unknown[] = [];
      await letGo(held, () => {
        seen.push([lives(guard), writers.filter(isStopped).length]);
      });
      expect(seen).toEqual([[false, 1]]);
      expect(writers.map(statesOf).join("")).not.toContain("T");
      await grows(sandbox.logFile);
      await end(started);
    },
  );
});
