// What rotating a log promises while a program writes to it at full speed: no line lost, none doubled, a bounded size.
import { once } from "node:events";
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterEach, describe, expect } from "vitest";
import { AgentLogs } from "../../src/logs/agent-logs.js";
import type { Log } from "../../src/logs/log.js";
import type { LogLimits } from "../../src/logs/rotation.js";
import type { HoldStill, Stillness } from "../../src/logs/stillness.js";
import { scratchTest as test } from "../storage/scratch.js";
import { eventually, within } from "../support/deadline.js";
import { followLog } from "./follow-log.js";
import { holdStill, startProducer } from "./held-producer.js";

const MB = 1024 * 1024;

const PADDING = "é".repeat(50);

/** Numbered lines, in writes that end anywhere in a line or a character. */
const NUMBERED_LINES = `
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const { writeSync } = require("node:fs");
  for (let number = 1, held = Buffer.alloc(0); ; number += 1000) {
    const lines = Array.from({ length: 1000 }, (_, n) => (number + n) + " ${PADDING}\\n").join("");
    held = Buffer.concat([held, Buffer.from(lines)]);
    while (held.length > 4099) held = held.subarray(writeSync(1, held.subarray(0, 4099)));
    Atomics.wait(pause, 0, 0, Number(process.argv[1]));
  }`;
const AT_FULL_SPEED = [process.execPath, "-e", NUMBERED_LINES, "0"] as const;
/** Slow enough for several readers in one process to keep up with. */
const IN_BURSTS = [process.execPath, "-e", NUMBERED_LINES, "10"] as const;

const running: ReturnType<typeof startProducer>[] = [];
const following: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.allSettled(following.splice(0).map((end) => end()));
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

/** An agent's log with a program that writes to it. */
function produce(directory: string, limits: LogLimits, command: readonly [string, ...string[]]) {
  const log = new AgentLogs({ directory, now: Date.now, limits: () => limits }).of("a");
  const child = startProducer(log.path, command);
  running.push(child);
  const closed = once(child, "close");
  return { log, child, closed, hold: holdStill(child.pid ?? 0), hasEnded: () => child.exitCode !== null };
}

/** A log that nobody writes to. */
function still(directory: string, content: string, limits: LogLimits = { maxBytes: 10, maxFiles: 3 }) {
  const log = new AgentLogs({ directory, now: Date.now, limits: () => limits }).of("a");
  writeFileSync(log.path, content);
  return log;
}

/** The oldest first, the log itself last. */
function filesOf(log: Log): string[] {
  const number = (name: string) => Number(name.slice(basename(log.path).length + 1));
  const names = readdirSync(dirname(log.path)).filter((name) => /^a\.log(\.\d+)?$/.test(name));
  return names.sort((a, b) => number(b) - number(a)).map((name) => join(dirname(log.path), name));
}

const contentOf = (log: Log) => Buffer.concat(filesOf(log).map((file) => readFileSync(file))).toString();

/** Fails at the first line that does not follow the one before it; the last of all may be cut short. */
function consecutive(first: number) {
  let next = first;
  let unfinished = false;
  const take = (lines: readonly string[]) => {
    for (const line of lines) {
      const expected = `${next} ${PADDING}`;
      if (line === expected && !unfinished) next += 1;
      else if (!unfinished && expected.startsWith(line.replace("\ufffd", ""))) unfinished = true;
      else throw new Error(`${line} where ${expected} should be`);
    }
  };
  return { take, last: () => next - 1 };
}

/** Follows until called off; resolves with the last number seen. */
function followNumbers(log: Log, { lines }: { readonly lines: number }) {
  const controller = new AbortController();
  const numbers = (async () => {
    let seen: ReturnType<typeof consecutive> | null = null;
    for await (const batch of followLog(log, { lines, signal: controller.signal })) {
      seen ??= consecutive(Number.parseInt(batch[0] ?? "", 10));
      seen.take(batch);
    }
    return seen?.last() ?? 0;
  })();
  const end = () => {
    controller.abort();
    return numbers;
  };
  following.push(end);
  return end;
}

describe("a program that writes at full speed", () => {
  test("loses no line and doubles none over many rotations, in the files and for those who follow", async ({
    directory,
  }) => {
    const { log, hold, child, closed } = produce(directory, { maxBytes: MB / 4, maxFiles: 10_000 }, IN_BURSTS);
    const fromTheStart = followNumbers(log, { lines: 1 });
    let joiner = followNumbers(log, { lines: 3 });
    for (let rotations = 0; rotations < 8; ) {
      if ((await log.rotate(hold)) === null) continue;
      rotations += 1;
      await joiner();
      joiner = followNumbers(log, { lines: 3 });
    }
    child.kill("SIGKILL");
    await closed;
    const inFiles = consecutive(1);
    inFiles.take(contentOf(log).trimEnd().split("\n"));
    expect(inFiles.last()).toBeGreaterThan(8 * (MB / 4 / 110));
    expect(await fromTheStart()).toBe(inFiles.last());
    expect(await joiner()).toBe(inFiles.last());
  });

  test("fills no more than the backups may, while it is rotated too", async ({ directory }) => {
    const limits = { maxBytes: MB, maxFiles: 2 };
    const { log, hold, child, closed } = produce(directory, limits, AT_FULL_SPEED);
    await eventually(() => statSync(log.path).size > 10 * limits.maxBytes, "ten times the limit is written");
    for (let rotation = 0; rotation < 5; rotation += 1) {
      let largest = 0;
      const rotated = log.rotate(hold).finally(() => clearInterval(looking));
      const looking = setInterval(() => {
        largest = Math.max(largest, bytesBeside(log));
      }, 1);
      await rotated;
      expect(Math.max(largest, bytesBeside(log))).toBeLessThanOrEqual(1.25 * limits.maxBytes * limits.maxFiles);
      expect(filesOf(log).length).toBe(3);
    }
    child.kill("SIGKILL");
    await closed;
    // The beginning of the first may have gone with the backup before.
    const lines = contentOf(log).split("\n").slice(1, -1);
    consecutive(Number.parseInt(lines[0] ?? "", 10)).take(lines);
  });
});

/** What backups and pieces take; a piece that becomes a backup while they are counted is one file. */
function bytesBeside(log: Log): number {
  const sizes = new Map<number, number>();
  const directory = dirname(log.path);
  for (const folder of [directory, `${log.path}.rotating`]) {
    for (const name of namesIn(folder).filter((name) => /\d+$/.test(name))) {
      const stats = statSync(join(folder, name), { throwIfNoEntry: false });
      if (stats?.isFile()) sizes.set(stats.ino, stats.size);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** None of a directory that is gone, as that of the pieces after each rotation. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

describe("a rotation", () => {
  /** Nobody writes, so nobody need be held. */
  const holdNobody = holdStill(0x7fffffff);
  const undone = (log: Log, content: string) => {
    expect(readFileSync(log.path, "utf8")).toBe(content);
    expect(readdirSync(dirname(log.path))).toEqual([basename(log.path)]);
  };

  test("tells where the newest of the log is now, and leaves nothing else behind", async ({ directory }) => {
    const log = still(directory, "one\ntwo\nthree\n", { maxBytes: 12, maxFiles: 3 });
    expect(await log.rotate(holdNobody)).toEqual({ file: log.path, backup: `${log.path}.1` });
    expect(readdirSync(directory).sort()).toEqual(["a.log", "a.log.1"]);
    expect(readFileSync(`${log.path}.1`, "utf8")).toBe("one\ntwo\nthree\n");
    expect(statSync(log.path).size).toBe(0);
  });

  test("of a log that is not over its limit does nothing, and stops nobody", async ({ directory }) => {
    const log = still(directory, "0123456789");
    const hold: HoldStill = () => Promise.reject(new Error("held"));
    expect(await log.rotate(hold)).toBeNull();
    undone(log, "0123456789");
  });

  test("cuts a log into backups that end with a line, the newest of it if not all can stay", async ({ directory }) => {
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n}\n`);
    const log = still(directory, lines.join(""), { maxBytes: 100, maxFiles: 3 });
    writeFileSync(`${log.path}.1`, "an old backup\n");
    await log.rotate(holdNobody);
    expect(filesOf(log).length).toBe(4);
    for (const file of filesOf(log).slice(0, -1)) {
      expect(statSync(file).size).toBeLessThanOrEqual(125);
      expect(readFileSync(file, "utf8")).toMatch(/^line .*\n$/s);
    }
    expect(lines.join("").endsWith(contentOf(log))).toBe(true);
    expect(contentOf(log).length).toBeGreaterThan(200);
  });

  test("makes room before it copies: at no time there is more than backups of the log's size", async ({
    directory,
  }) => {
    const log = still(directory, "x".repeat(110), { maxBytes: 100, maxFiles: 2 });
    for (const number of [1, 2]) writeFileSync(`${log.path}.${number}`, "y".repeat(110));
    let bytes = 0;
    const hold: HoldStill = ({ work, ...pause }) =>
      holdNobody({ ...pause, work: (stillness) => work({ cut: (target) => cutAfter(stillness, target) }) });
    const cutAfter = (stillness: Stillness, target: Parameters<Stillness["cut"]>[0]) => {
      bytes = bytesBeside(log);
      return stillness.cut(target);
    };
    await log.rotate(hold);
    expect(bytes).toBe(220);
    expect(filesOf(log).length).toBe(3);
  });

  test("cuts a line that is longer than everything where it must", async ({ directory }) => {
    const log = still(directory, "x".repeat(1000), { maxBytes: 100, maxFiles: 9 });
    await log.rotate(holdNobody);
    expect(filesOf(log).map((file) => statSync(file).size)).toEqual([125, 125, 125, 125, 125, 125, 125, 125, 0]);
    expect((await log.tail({ maxLines: 9 })).unfinished.toString()).toBe("x".repeat(1000));
  });

  test("that keeps no backups keeps what those who follow have not read", async ({ directory }) => {
    const lines = Array.from({ length: 9 }, (_, n) => `${n + 1} ${PADDING}\n`);
    const log = still(directory, lines.slice(0, 8).join(""), { maxBytes: 500, maxFiles: 0 });
    writeFileSync(`${log.path}.1`, "from when backups were kept\n");
    const seen = followNumbers(log, { lines: 4 });
    await log.rotate(holdNobody);
    appendFileSync(log.path, lines[8] ?? "");
    expect(await seen()).toBe(9);
    expect(readdirSync(directory)).toEqual(["a.log"]);
  });

  // Where others want the processors too, each of its many looks at the file waits for its turn.
  test("is undone when somebody writes who is not held still", async ({ directory }) => {
    const log = still(directory, "0123456789\n");
    let isOver = false;
    let written = "0123456789\n";
    const rotation = log.rotate(holdNobody).finally(() => {
      isOver = true;
    });
    const write = () => {
      if (isOver) return;
      written += "x";
      appendFileSync(log.path, "x");
      setImmediate(write);
    };
    write();
    await expect(rotation).rejects.toMatchObject({ name: "RotationError", kind: "still-written" });
    undone(log, written);
  });

  test("is undone when somebody else empties the log", async ({ directory }) => {
    const log = still(directory, "0123456789\n");
    const hold: HoldStill = async ({ record, work }) => {
      record({});
      truncateSync(log.path, 0);
      appendFileSync(log.path, "another\n");
      await work({ cut: () => Promise.reject(new Error("must not be cut")) });
    };
    await expect(log.rotate(hold)).rejects.toThrow();
    expect(readFileSync(log.path, "utf8")).toBe("another\n");
  });

  test("is undone when not all who write could be stopped", async ({ directory }) => {
    const log = still(directory, "0123456789\n");
    await expect(log.rotate(() => Promise.reject(new Error("one of them is in a system call")))).rejects.toThrow(
      "one of",
    );
    undone(log, "0123456789\n");
  });

  test("is undone when the pause was too long", async ({ directory }) => {
    const log = still(directory, "0123456789\n");
    const hold: HoldStill = async ({ record, work }) => {
      record({});
      await work({ cut: () => Promise.reject(new Error("they were let go")) });
    };
    await expect(log.rotate(hold)).rejects.toThrow("they were let go");
    undone(log, "0123456789\n");
    expect(await log.rotate(holdNobody)).not.toBeNull();
  });

  test("is finished when something goes wrong after the log was emptied", async ({ directory }) => {
    const log = still(directory, "0123456789\n");
    const hold: HoldStill = async (pause) => {
      await holdNobody(pause);
      throw new Error("one of them could not be let go");
    };
    await expect(log.rotate(hold)).rejects.toThrow("could not be let go");
    expect(readdirSync(directory).sort()).toEqual(["a.log", "a.log.1"]);
    expect(contentOf(log)).toBe("0123456789\n");
  });

  test("that a session's start finds under way is called off, and the log is renamed instead", async ({
    directory,
  }) => {
    const log = still(directory, "0123456789\n");
    let opened: ReturnType<typeof log.open> | null = null;
    const hold: HoldStill = async ({ record, work }) => {
      record({});
      opened = log.open();
      await work({ cut: () => Promise.reject(new Error("must not be cut")) });
    };
    expect(await log.rotate(hold)).toBeNull();
    expect(await opened).toMatchObject({ fromByte: 0, rotated: { backup: `${log.path}.1` } });
    expect(readdirSync(directory).sort()).toEqual(["a.log", "a.log.1"]);
    expect(contentOf(log)).toBe("0123456789\n");
  });

  test("holds those who write faster than they are copied more than once, each time for a little", async ({
    directory,
  }) => {
    const log = still(directory, "x\n", { maxBytes: 100 * MB, maxFiles: 2 });
    truncateSync(log.path, 100 * MB + 1);
    let pauses = 0;
    await log.rotate(async (pause) => {
      pauses += 1;
      // As if it had come while the log was copied.
      if (pauses === 1) truncateSync(log.path, 200 * MB);
      await holdNobody(pause);
    });
    expect(pauses).toBe(2);
    expect(filesOf(log).reduce((sum, file) => sum + statSync(file).size, 0)).toBe(200 * MB);
  });

  test("gives up on those who write ever faster", async ({ directory }) => {
    const log = still(directory, "x\n", { maxBytes: MB, maxFiles: 200 });
    truncateSync(log.path, 2 * MB);
    const rotation = log.rotate(async (pause) => {
      truncateSync(log.path, statSync(log.path).size + 150 * MB);
      await holdNobody(pause);
    });
    await expect(rotation).rejects.toMatchObject({ name: "RotationError", kind: "outrun" });
    expect(readdirSync(directory)).toEqual(["a.log"]);
  });

  test("of one log waits for that of another", async ({ directory }) => {
    const logs = new AgentLogs({ directory, now: Date.now, limits: () => ({ maxBytes: 1, maxFiles: 1 }) });
    const order: string[] = [];
    const rotations = ["a", "b"].map((agent) => {
      writeFileSync(logs.of(agent).path, "over\n");
      return logs.of(agent).rotate(async (pause) => {
        order.push(`${agent} begins`);
        await holdNobody(pause);
        order.push(`${agent} ends`);
      });
    });
    await Promise.all(rotations);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("keeps whoever asks for the last lines waiting, so that none of them is missing", async ({ directory }) => {
    const log = still(directory, "one\ntwo\nthree\n");
    const tails: Promise<unknown>[] = [];
    const ask = () => tails.push(log.tail({ maxLines: 9 }).then(({ lines }) => lines));
    await log.rotate(async ({ record, work }) => {
      ask();
      record({});
      await work({
        async cut({ file, mark }) {
          truncateSync(file, 0);
          ask();
          writeFileSync(mark, "");
        },
      });
      ask();
    });
    for (const lines of await within(Promise.all(tails), () => "the last lines"))
      expect(lines).toEqual(["one", "two", "three"]);
    expect(tails.length).toBe(3);
  });

  test("leaves no watcher and no timer behind when nobody follows", async ({ directory }) => {
    const watching = () => process.getActiveResourcesInfo().filter((name) => /FSEvent|Timeout|Immediate/.test(name));
    const before = watching();
    const log = still(directory, "0123456789\n");
    await log.rotate(async ({ record, work }) => {
      record({});
      await work({
        async cut({ file, mark }) {
          truncateSync(file, 0);
          writeFileSync(mark, "");
        },
      });
    });
    // Timers of the test runner's own come and go.
    await eventually(() => watching().length <= before.length, "no more of them than before");
    expect(readFileSync(`${log.path}.1`, "utf8")).toBe("0123456789\n");
  });
});
