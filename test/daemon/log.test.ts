// The daemon's own log: stable names, bounded files, whole lines, and what it does when the disk is full.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DaemonLogOptions, openDaemonLog } from "../../src/daemon/log.js";

let directory: string;
let file: string;
let mounted: boolean;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-log-"));
  file = join(directory, "daemon.log");
  mounted = false;
});

afterEach(() => {
  if (mounted) execFileSync("umount", [directory]);
  rmSync(directory, { recursive: true, force: true });
});

function open(options: Partial<DaemonLogOptions> = {}) {
  return openDaemonLog({ file, maxBytes: 1024 * 1024, maxFiles: 3, now: () => 0, ...options });
}

/** The entries of a file; throws when any line is not a whole one. */
function entries(path: string): Record<string, unknown>[] {
  const text = readFileSync(path, "utf8");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

async function writeNumbered(count: number, options: Partial<DaemonLogOptions> & { pad?: number; from?: number } = {}) {
  const { pad = 100, from = 0, ...rest } = options;
  const log = open(rest);
  for (let n = from; n < from + count; n++) log.info("numbered", { n, pad: "x".repeat(pad) });
  await log.close();
}

test("every entry is one line of JSON with its time, level, message and fields", async () => {
  const log = open({ now: () => Date.UTC(2024, 0, 2) });
  log.info("started\nhere", { pid: 7 });
  log.warn("slow");
  log.error("failed", { error: new Error("why"), size: 5n });
  await log.close();
  expect(entries(file)).toMatchObject([
    { at: "2024-01-02T00:00:00.000Z", level: "info", message: "started\nhere", pid: 7 },
    { level: "warn", message: "slow" },
    { level: "error", message: "failed", error: { name: "Error", message: "why" }, size: "5" },
  ]);
});

test("fields that JSON cannot hold cost the fields, not the entry", async () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const log = open();
  log.info("kept", { circular });
  await log.close();
  expect(entries(file)).toMatchObject([{ message: "kept", unwritableFields: expect.stringContaining("circular") }]);
});

test("close waits until everything written before is in the file", async () => {
  await writeNumbered(5000);
  expect(entries(file).map((entry) => entry.n)).toEqual(Array.from({ length: 5000 }, (_, n) => n));
});

test("entries after close are dropped without an error", async () => {
  const log = open();
  await log.close();
  log.info("too late");
  await log.close();
  expect(readFileSync(file, "utf8")).toBe("");
});

test("the mirror gets every line", async () => {
  const mirror = new PassThrough();
  const log = open({ mirror });
  log.info("seen");
  await log.close();
  expect(JSON.parse(mirror.read().toString())).toMatchObject({ message: "seen" });
});

describe("rotation", () => {
  test("daemon.log stays the current file, and the backups follow it without a gap", async () => {
    await writeNumbered(100, { maxBytes: 4096 });
    expect(readdirSync(directory).sort()).toEqual(["daemon.log", "daemon.log.1", "daemon.log.2", "daemon.log.3"]);
    const numbers = [3, 2, 1]
      .flatMap((n) => entries(`${file}.${n}`))
      .concat(entries(file))
      .map((entry) => Number(entry.n));
    expect(numbers.at(-1)).toBe(99);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });

  test("no file grows over the limit by more than a line, over several daemons", async () => {
    for (let round = 0; round < 5; round++) await writeNumbered(37, { maxBytes: 4096, from: round * 37 });
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).size).toBeLessThan(4096 + 250);
    expect(readdirSync(directory)).toHaveLength(4);
    expect(entries(file).at(-1)).toMatchObject({ n: 5 * 37 - 1 });
  });

  test("files are readable by their owner only", async () => {
    await writeNumbered(100, { maxBytes: 4096 });
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  test("a directory whose name is a broken regular expression is a directory like any other", async () => {
    const odd = join(directory, "a(b[c+");
    mkdirSync(odd);
    for (const from of [0, 100]) await writeNumbered(100, { file: join(odd, "daemon.log"), maxBytes: 4096, from });
    expect(entries(join(odd, "daemon.log")).at(-1)).toMatchObject({ n: 199 });
    expect(readdirSync(odd)).toHaveLength(4);
  });

  test("backups over a limit that was lowered go with the next rotation", async () => {
    await writeNumbered(100, { maxBytes: 4096, maxFiles: 3 });
    await writeNumbered(100, { maxBytes: 4096, maxFiles: 1 });
    expect(readdirSync(directory).sort()).toEqual(["daemon.log", "daemon.log.1"]);
  });

  test("without backups only the current file stays", async () => {
    await writeNumbered(100, { maxBytes: 4096, maxFiles: 0 });
    expect(readdirSync(directory)).toEqual(["daemon.log"]);
  });
});

describe("after a crash", () => {
  test("a torn last line is cut, the lines before it stay", async () => {
    await writeNumbered(2);
    appendFileSync(file, `{"at":"torn${"x".repeat(100_000)}`);
    await writeNumbered(1, { from: 2 });
    expect(entries(file).map((entry) => entry.n)).toEqual([0, 1, 2]);
  });

  test("the second names under which files are opened are removed", async () => {
    for (const name of ["daemon.opening.log", "daemon.opening.7.log"]) writeFileSync(join(directory, name), "");
    await writeNumbered(1);
    expect(readdirSync(directory)).toEqual(["daemon.log"]);
  });
});

describe("a file that takes nothing", () => {
  /** Writes until the log says that it fails, then waits until `mend` has made it recover. */
  async function failAndRecover(options: Partial<DaemonLogOptions>, mend: () => void): Promise<Error> {
    let failed: (error: Error) => void = () => {};
    let recovered: () => void = () => {};
    const failure = new Promise<Error>((resolve) => {
      failed = resolve;
    });
    const recovery = new Promise<void>((resolve) => {
      recovered = resolve;
    });
    const log = open({ ...options, retryMs: 10, onFailing: failed, onRecovered: recovered });
    for (let n = 0; n < 200; n++) log.info("filling", { pad: "x".repeat(1000) });
    const error = await failure;
    log.info("lost");
    mend();
    await recovery;
    log.info("back again");
    await log.close();
    return error;
  }

  function expectLossNotice(found: Record<string, unknown>[]) {
    expect(found).toMatchObject([{ level: "warn", atLeast: expect.any(Number) }, { message: "back again" }]);
    expect(found[0]?.atLeast).toBeGreaterThan(0);
  }

  test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
    "a full disk is reported, loses entries, and is over when there is space",
    async () => {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory]);
      mounted = true;
      const error = await failAndRecover({}, () => rmSync(file));
      expect(error).toMatchObject({ code: "ENOSPC" });
      expectLossNotice(entries(file));
    },
  );

  test("a rotation that fails is reported and made up for, whoever runs the test", async () => {
    // A directory in a backup's place can't be replaced by a file, not even by root.
    const obstacle = `${file}.1`;
    mkdirSync(join(obstacle, "inside"), { recursive: true });
    const error = await failAndRecover({ maxBytes: 4096, maxFiles: 1 }, () => rmSync(obstacle, { recursive: true }));
    expect(error).toMatchObject({ code: expect.stringContaining("EISDIR") });
    expectLossNotice(entries(file));
  });
});
