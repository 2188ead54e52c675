// Many changes make one restart, and an agent that changes its own files is not restarted without end.
import { beforeEach, describe, expect, it } from "vitest";
import { FileChanges, quietMs } from "../../src/supervisor/file-changes.js";
import { HandClock } from "./hand-clock.js";

const DEBOUNCE_MS = 300;

let clock: HandClock;
let startedMono: number;
let due: [string, number][];
let suspected: string[];
let changes: FileChanges;
beforeEach(() => {
  clock = new HandClock();
  startedMono = clock.mono() - 60_000;
  due = [];
  suspected = [];
  changes = new FileChanges({
    clock,
    debounceMs: DEBOUNCE_MS,
    startedMono: () => startedMono,
    async due(first, count) {
      due.push([first, count]);
      startedMono = clock.mono();
    },
    suspected: (path) => suspected.push(path),
  });
});

describe("a burst of changes", () => {
  it("makes one restart, once files are quiet, that names the first and counts the rest", () => {
    for (const path of ["b", "a", "b", "c"]) {
      changes.changed(path);
      clock.pass(DEBOUNCE_MS - 1);
    }
    expect(due).toEqual([]);
    clock.pass(1);
    expect(due).toEqual([["b", 3]]);
  });

  it("that is held back makes none by itself, and one with the next change", () => {
    changes.changed("a");
    changes.hold();
    clock.pass(60_000);
    expect(due).toEqual([]);
    changes.changed("b");
    clock.pass(DEBOUNCE_MS);
    expect(due).toEqual([["a", 2]]);
  });
});

describe("an agent that changes its own files as soon as it starts", () => {
  it("is restarted ever more rarely, and somebody is told once", () => {
    changes.changed("own");
    for (let second = 0; second < 3_600; second += 0.1) {
      clock.pass(100);
      if (clock.mono() - startedMono === 200) changes.changed("own");
    }
    expect(suspected).toEqual(["own"]);
    // Each minute, and the ones in which the wait was still growing.
    expect(due.length).toBeLessThan(75);
  });

  it("is forgiven by a change that comes later", () => {
    for (let session = 0; session < 8; session++) {
      changes.changed("own");
      clock.pass(60_000);
      startedMono = clock.mono();
    }
    startedMono = clock.mono() - 10_000;
    changes.changed("saved");
    clock.pass(DEBOUNCE_MS);
    expect(due.at(-1)).toEqual(["saved", 1]);
  });
});

it("no wait is shorter than the debounce or, unless that is, longer than a minute", () => {
  for (const debounceMs of [0, 100, 300, 120_000]) {
    for (let own = 0; own < 2_000; own += 7) {
      expect(quietMs(debounceMs, own)).toBeGreaterThanOrEqual(debounceMs);
      expect(quietMs(debounceMs, own)).toBeLessThanOrEqual(Math.max(debounceMs, 60_000));
    }
  }
});
