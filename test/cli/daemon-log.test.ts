// What reading the daemon's log promises: exactly the lines that are wanted, from all its files, without a daemon.
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { parseLogPlace } from "../../protocol/log-place.js";
import { type DaemonLogFilter, isWanted, readDaemonLog } from "../../src/cli/logs/daemon-log.js";
import { scratchTest as test } from "../storage/scratch.js";

const EVERYTHING: DaemonLogFilter = { lines: null, sinceMs: null, pattern: null, level: null };

/** A line as the daemon writes it, so many seconds after the beginning of 2026. */
function entry(second: number, level = "info", message = `message ${second}`): string {
  return JSON.stringify({ at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), level, message, n: "é🦔" });
}

async function read(path: string, filter: Partial<DaemonLogFilter>, { isFollowed = false } = {}) {
  const lines: string[] = [];
  const next = await readDaemonLog(path, { ...EVERYTHING, ...filter, isFollowed }, (batch) => lines.push(...batch));
  return { lines, next: parseLogPlace(next) };
}

const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

describe("the daemon's log", () => {
  test("gives what filtering and cutting all of it would give, however long its lines and files are", async ({
    directory,
  }) => {
    const line = fc
      .record({
        second: fc.nat(50),
        level: fc.constantFrom("error", "warn", "info"),
        size: fc.constantFrom(0, 100, 70_000),
      })
      .map(({ second, level, size }) => ({ second, text: entry(second, level, "x".repeat(size) + second) }));
    const wish = fc.record({
      lines: fc.option(fc.nat(6)),
      sinceMs: fc.option(fc.nat(50).map((second) => Date.UTC(2026, 0, 1, 0, 0, second))),
      level: fc.option(fc.constantFrom("error" as const, "warn" as const, "debug" as const)),
      pattern: fc.option(fc.constantFrom(/[5-9]$|message/g, /é/g)),
    });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(line, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
        wish,
        async (files, filter) => {
          const path = join(directory, `${count++}.log`);
          const all = files.flat().sort((a, b) => a.second - b.second);
          const texts = all.map(({ text }) => text);
          for (const [index, { length }] of files.entries()) {
            const number = files.length - 1 - index;
            writeFileSync(number === 0 ? path : `${path}.${number}`, asText(texts.splice(0, length)));
          }
          const wanted = all.map(({ text }) => text).filter((text) => isWanted(text, filter));
          const expected = filter.lines === null ? wanted : filter.lines === 0 ? [] : wanted.slice(-filter.lines);
          expect((await read(path, filter)).lines).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("of a level is that and everything worse, without lines that are no entries", async ({ directory }) => {
    const path = join(directory, "daemon.log");
    const [error, warn, info] = ["error", "warn", "info"].map((level) => entry(1, level)) as [string, string, string];
    writeFileSync(path, asText([info, warn, '{"torn', error]));
    expect((await read(path, { level: "warn" })).lines).toEqual([warn, error]);
    expect((await read(path, { level: "error" })).lines).toEqual([error]);
    expect((await read(path, { level: "debug" })).lines).toEqual([info, warn, error]);
    expect((await read(path, {})).lines).toEqual([info, warn, '{"torn', error]);
  });

  test("is searched as people see it", async ({ directory }) => {
    const path = join(directory, "daemon.log");
    writeFileSync(path, asText([entry(1, "warn", "disk full"), entry(2)]));
    expect((await read(path, { pattern: /warn {2}disk full n=é/g })).lines).toHaveLength(1);
    expect((await read(path, { pattern: /"level"/g })).lines).toEqual([]);
  });

  test("has no lines when it is not there, and goes on over a file that is missing", async ({ directory }) => {
    const path = join(directory, "none", "daemon.log");
    expect(await read(path, {})).toEqual({ lines: [], next: { ino: 0, byte: 0 } });
    const log = join(directory, "daemon.log");
    writeFileSync(`${log}.3`, asText([entry(1)]));
    writeFileSync(`${log}.1`, asText([entry(2)]));
    writeFileSync(`${log}.gz`, "something else");
    writeFileSync(log, "");
    expect((await read(log, { lines: 9 })).lines).toEqual([entry(1), entry(2)]);
  });

  test("tells where to go on, before a line that has no end yet", async ({ directory }) => {
    const path = join(directory, "daemon.log");
    writeFileSync(path, `${entry(1)}\n{"at":`);
    const whole = Buffer.byteLength(`${entry(1)}\n`);
    expect(await read(path, {}, { isFollowed: true })).toMatchObject({ lines: [entry(1)], next: { byte: whole } });
    appendFileSync(path, "1}\n");
    expect(await read(path, { lines: 0 }, { isFollowed: true })).toMatchObject({
      lines: [],
      next: { byte: whole + 9 },
    });
  });
});
