import { expect, test } from "vitest";
import { Ages } from "../../src/supervisor/ages.js";

const HOUR_MS = 3_600_000;

test("an age goes on evenly although the clock is set, there and back, and whoever was found is as old as the date says", () => {
  const time = { mono: 5_000, wall: 20 * HOUR_MS };
  const ages = new Ages({ mono: () => time.mono, wall: () => time.wall });
  ages.begin("asked", 1_000);
  expect(ages.of("found", 19 * HOUR_MS)).toBe(HOUR_MS);
  for (const jump of [7 * HOUR_MS, -30 * HOUR_MS]) {
    time.wall += jump;
    time.mono += 10;
    time.wall += 10;
  }
  expect([ages.of("asked", 20 * HOUR_MS), ages.of("found", 19 * HOUR_MS)]).toEqual([1_020, HOUR_MS + 20]);
  ages.forget("asked");
  expect(ages.of("asked", time.wall)).toBe(0);
});
