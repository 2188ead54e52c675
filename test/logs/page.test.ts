// What reading a log page by page promises: every line once and in order, through its backups and whatever becomes of them.
import { appendFileSync, chmodSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect } from "vitest";
import type { LogPlace } from "../../protocol/log-place.js";
import { COPIED_MODE } from "../../src/logs/backups.js";
import { Log, type PageWish } from "../../src/logs/log.js";
import { scratchTest as test } from "../storage/scratch.js";

/** Every page from the first on, as lines; the last is what is unfinished, if anything is. */
async function readAll(log: Log, first: PageWish): Promise<string[]> {
  const all: string[] = [];
  for (let wish = first; ; ) {
    const { lines, unfinished, end, more } = await log.page(wish);
    all.push(...lines, ...(unfinished === null ? [] : [unfinished]));
    if (!more) return all;
    wish = { after: end, maxBytes: first.maxBytes };
  }
}

const fromTheBeginning = (maxBytes: number): PageWish => ({ sinceMs: 0, maxBytes });

/** Sets when a file was last written to, in unix milliseconds. */
function written(path: string, ms: number): void {
  utimesSync(path, ms / 1_000, ms / 1_000);
}

describe("pages", () => {
  test("of any size are together what is there, cut lines joined and broken ones ended", async ({ directory }) => {
    const text = fc.array(fc.constantFrom("a", "é", "🦔", "\n"), { maxLength: 30 }).map((parts) => parts.join(""));
    const files = fc.array(fc.record({ text, isCopied: fc.boolean() }), { minLength: 1, maxLength: 4 });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 40 }), async (parts, maxBytes) => {
        const path = join(directory, `${count++}.log`);
        let expected = "";
        for (const [index, { text, isCopied }] of parts.entries()) {
          const number = parts.length - 1 - index;
          const file = number === 0 ? path : `${path}.${number}`;
          writeFileSync(file, text);
          const isOver = number > 0 && !isCopied;
          if (!isOver && number > 0) chmodSync(file, COPIED_MODE);
          expected += isOver && text !== "" && !text.endsWith("\n") ? `${text}\n` : text;
        }
        const lines = expected.replace(/\n$/, "").split("\n");
        expect(await readAll(new Log(path), fromTheBeginning(maxBytes))).toEqual(expected === "" ? [] : lines);
      }),
    );
  });

  test("of a line that is longer than all of them are pieces of it", async ({ directory }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, `${"漢".repeat(800_000)}\nlast\n`);
    const lines = await readAll(new Log(path), fromTheBeginning(1_000));
    expect(lines.slice(0, -1).join("")).toBe("漢".repeat(800_000));
    expect(lines.at(-1)).toBe("last");
    expect(lines.length).toBe(4);
  });

  test("go on where they ended when the log was renamed, or emptied after it was copied", async ({ directory }) => {
    const path = join(directory, "a.log");
    const log = new Log(path);
    writeFileSync(path, "one\ntwo\nthr");
    const { end } = await log.page({ sinceMs: 0, maxBytes: 5 });
    renameSync(path, `${path}.1`);
    writeFileSync(path, "four\n");
    expect(await readAll(log, { after: end, maxBytes: 100 })).toEqual(["two", "thr", "four"]);

    const next = await log.page({ after: end, maxBytes: 100 });
    renameSync(`${path}.1`, `${path}.2`);
    writeFileSync(`${path}.1`, "four\nfive begin", { mode: COPIED_MODE });
    writeFileSync(path, "s\n");
    expect(await readAll(log, { after: next.end, maxBytes: 100 })).toEqual(["five begins"]);
  });

  test("go on with all there is after a place that is no longer there, or was before the log", async ({
    directory,
  }) => {
    const path = join(directory, "a.log");
    const log = new Log(path);
    const { end, ...nothing } = await log.page(fromTheBeginning(100));
    expect(nothing).toEqual({ lines: [], unfinished: null, more: false, fromMs: null, writtenMs: null });
    writeFileSync(path, "one\n");
    const places: LogPlace[] = [end, { ino: 1, byte: 7 }];
    for (const after of places) expect(await readAll(log, { after, maxBytes: 100 })).toEqual(["one"]);
  });

  test("tell an unfinished line apart, so that who follows from there gets it whole", async ({ directory }) => {
    const path = join(directory, "a.log");
    const log = new Log(path);
    writeFileSync(path, "one\nunfin");
    const page = await log.page({ lines: 9, maxBytes: 100 });
    expect(page).toMatchObject({ lines: ["one"], unfinished: "unfin" });
    appendFileSync(path, "ished\n");
    expect(await readAll(log, { after: page.end, maxBytes: 100 })).toEqual(["unfinished"]);
  });
});

describe("since a moment", () => {
  /** The files of the first, the third and the fourth minute. */
  function minutes(directory: string): Log {
    const path = join(directory, "a.log");
    for (const [file, minute] of [
      [`${path}.3`, 1],
      [`${path}.1`, 3],
      [path, 4],
    ] as const) {
      writeFileSync(file, `minute ${minute}\n`);
      written(file, minute * 60_000);
    }
    return new Log(path);
  }

  test("files that were written before are left out, also when one in between is missing", async ({ directory }) => {
    const log = minutes(directory);
    const linesSince = (sinceMs: number) => readAll(log, { sinceMs, maxBytes: 100 });
    expect(await linesSince(60_000)).toEqual(["minute 1", "minute 3", "minute 4"]);
    expect(await linesSince(90_000)).toEqual(["minute 3", "minute 4"]);
    expect(await linesSince(200_000)).toEqual(["minute 4"]);
    expect(await linesSince(243_000)).toEqual([]);
    expect(await log.page({ sinceMs: 200_000, maxBytes: 100 })).toMatchObject({ fromMs: 180_000, writtenMs: 240_000 });
  });

  test("a line that stands at a milestone is the first", async ({ directory }) => {
    const log = minutes(directory);
    appendFileSync(log.path, "later\n");
    log.milestones.note(230_000, "minute 4\n".length);
    expect(await log.page({ sinceMs: 230_000, maxBytes: 100 })).toMatchObject({ lines: ["later"], fromMs: 230_000 });
  });

  test("a line is written when its end is: one that was begun before comes whole, and is missed by nobody", async ({
    directory,
  }) => {
    const log = minutes(directory);
    appendFileSync(log.path, "begun-");
    log.milestones.note(210_000, "minute 4\nbegun-".length);
    const page = await log.page({ sinceMs: 220_000, maxBytes: 100 });
    expect(page).toMatchObject({ lines: [], unfinished: "begun-", fromMs: 210_000 });
    appendFileSync(log.path, "ended\nlater\n");
    expect(await readAll(log, { after: page.end, maxBytes: 100 })).toEqual(["begun-ended", "later"]);
    expect(await readAll(log, { sinceMs: 220_000, maxBytes: 100 })).toEqual(["begun-ended", "later"]);
  });

  test("a line that was begun before comes whole from the backup that it begins in", async ({ directory }) => {
    const log = new Log(join(directory, "a.log"));
    writeFileSync(`${log.path}.1`, "minute 3\nbegun-", { mode: COPIED_MODE });
    writeFileSync(log.path, "ended\nlater\n");
    for (const bytes of [0, 2]) {
      log.milestones.note(210_000 + bytes, bytes);
      expect(await readAll(log, { sinceMs: 220_000, maxBytes: 100 })).toEqual(["begun-ended", "later"]);
    }
  });

  test("of a line that is longer than all of them, begun before, comes its end", async ({ directory }) => {
    const log = new Log(join(directory, "a.log"));
    writeFileSync(log.path, `${"漢".repeat(800_000)}\nlast\n`);
    log.milestones.note(210_000, 3 * 700_000);
    const [piece, ...rest] = await readAll(log, { sinceMs: 220_000, maxBytes: 100 });
    expect(piece).toMatch(/^漢+$/);
    expect(rest.at(-1)).toBe("last");
  });

  test("milestones are found in the backups that the log has become", async ({ directory }) => {
    const log = minutes(directory);
    log.milestones.note(210_000, "minute 4\n".length);
    appendFileSync(log.path, "later\n");
    log.milestones.rotated("minute 4\nlater\n".length);
    renameSync(log.path, `${log.path}.2`);
    renameSync(`${log.path}.1`, `${log.path}.4`);
    renameSync(`${log.path}.2`, `${log.path}.1`);
    writeFileSync(log.path, "last\n");
    expect(await readAll(log, { sinceMs: 215_000, maxBytes: 4 })).toEqual(["later", "last"]);
  });
});

describe("following after a place", () => {
  test("gives what came since, in a backup too, then what comes, and tells how far it is", async ({ directory }) => {
    const path = join(directory, "a.log");
    writeFileSync(path, "one\ntwo\nthr");
    const log = new Log(path);
    const { end: after } = await log.page({ sinceMs: 0, maxBytes: 5 });
    renameSync(path, `${path}.1`);
    writeFileSync(path, "four\n");
    const end = new AbortController();
    const { rest } = await log.follow({ lines: 0, after, signal: end.signal });
    const seen: string[] = [];
    let place = after;
    for await (const { lines, end: reached } of rest) {
      seen.push(...lines);
      place = reached;
      if (lines.includes("four")) appendFileSync(path, "five\nsi");
      if (lines.includes("five")) end.abort();
    }
    expect(seen).toEqual(["two", "thr", "four", "five", "si"]);
    expect(await readAll(log, { after: { ...place, byte: place.byte - 2 }, maxBytes: 9 })).toEqual(["si"]);
  });

  test("that is told with each batch, nothing is missing and nothing comes twice", async ({ directory }) => {
    const path = join(directory, "a.log");
    const log = new Log(path);
    writeFileSync(path, "");
    let after = (await log.page({ lines: 0, maxBytes: 9 })).end;
    const seen: string[] = [];
    for (let part = 0; part < 20; part += 1) {
      appendFileSync(path, `${part} begins\n${part} e`);
      const left = new AbortController();
      const { rest } = await log.follow({ lines: 0, after, signal: left.signal });
      for await (const { lines, end } of rest) {
        if (left.signal.aborted) continue;
        seen.push(...lines);
        after = end;
        left.abort();
      }
      appendFileSync(path, "nds\n");
    }
    const expected = Array.from({ length: 20 }, (_, part) => [`${part} begins`, `${part} ends`]).flat();
    expect(seen).toEqual(expected.slice(0, -1));
  });
});
