// What milestones promise: whatever was written since a moment lies behind the one that was passed by then.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Milestones } from "../../src/logs/milestones.js";

test("the last one passed by a moment is told, and none before the first", () => {
  const milestones = new Milestones();
  milestones.note(1_000, 10);
  milestones.note(2_000, 30);
  expect(milestones.passedBy(999)).toBeNull();
  expect(milestones.passedBy(1_999)).toEqual({ at: 1_000, byte: 10 });
  expect(milestones.passedBy(9_000)).toEqual({ at: 2_000, byte: 30 });
});

test("while nothing is written the first and the latest look are kept", () => {
  const milestones = new Milestones();
  for (const at of [1, 2, 3, 4]) milestones.note(at, 10);
  expect([1, 2, 3, 4].map((at) => milestones.passedBy(at)?.at)).toEqual([1, 1, 1, 4]);
});

test("a clock that was set back, and a file that somebody cut, are believed instead of what was seen before", () => {
  const milestones = new Milestones();
  milestones.note(5_000, 10);
  milestones.note(4_000, 20);
  expect(milestones.passedBy(9_000)).toEqual({ at: 4_000, byte: 20 });
  milestones.note(6_000, 5);
  expect(milestones.passedBy(5_999)).toBeNull();
});

/** So much is written, then time passes; perhaps the log is rotated then, and perhaps somebody looks. */
const step = fc.record({
  bytes: fc.nat(50),
  ms: fc.integer({ min: 1, max: 1_000 }),
  rotates: fc.boolean(),
  looks: fc.boolean(),
});

test("whatever is written, rotated and seen when, nothing that was written since lies before", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: "max" }), fc.nat(300_000), (steps, since) => {
      const milestones = new Milestones();
      let [now, size, rotated, firstSince] = [0, 0, 0, Number.POSITIVE_INFINITY];
      for (const { bytes, ms, rotates, looks } of steps) {
        if (bytes > 0 && now >= since) firstSince = Math.min(firstSince, rotated + size);
        size += bytes;
        now += ms;
        if (looks) milestones.note(now, size);
        if (!rotates) continue;
        milestones.rotated(size);
        rotated += size;
        size = 0;
      }
      const passed = milestones.passedBy(since);
      if (passed !== null) expect(rotated + passed.byte).toBeLessThanOrEqual(firstSince);
    }),
  );
});

test("of a log that is looked at for years, few are kept, and the latest closest", () => {
  const milestones = new Milestones();
  for (let minute = 1; minute <= 100_000; minute++) milestones.note(minute, minute);
  const known = new Set(Array.from({ length: 100_000 }, (_, at) => milestones.passedBy(at + 1)?.at));
  expect(known.size).toBeLessThan(300);
  for (let minute = 99_900; minute <= 100_000; minute++) expect(milestones.passedBy(minute)?.at).toBe(minute);
});
