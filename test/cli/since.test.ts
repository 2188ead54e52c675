// How --since may be written, and what is said of what is no moment in the past.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSince } from "../../src/cli/since.js";

/** A Saturday morning. */
const NOW = new Date(2026, 10, 21, 8, 30, 0).getTime();

const past = (text: string) => parseSince(text, NOW);

describe("a moment", () => {
  it.each([
    ["10m", NOW - 600_000],
    ["1.5h", NOW - 5_400_000],
    ["90d", NOW - 90 * 86_400_000],
    ["2026-11-21 08:00", new Date(2026, 10, 21, 8, 0).getTime()],
    ["2026-11-21T08:00:09", new Date(2026, 10, 21, 8, 0, 9).getTime()],
    ["2026-11-20", new Date(2026, 10, 20).getTime()],
    ["08:00", new Date(2026, 10, 21, 8, 0).getTime()],
    ["8:29:59", NOW - 1_000],
    ["23:00", new Date(2026, 10, 20, 23, 0).getTime()],
    ["2026-03-01T08:00:00Z", Date.UTC(2026, 2, 1, 8)],
    ["2026-03-01 09:00:00.5+01:00", Date.UTC(2026, 2, 1, 8, 0, 0, 500)],
    ["99999999d", 0],
  ])("%s", (text, expected) => expect(past(text)).toBe(expected));

  it.each([
    "",
    "10",
    "yesterday",
    "2026-02-31",
    "2026-11-21 25:00",
    "24:00",
    "2026-11-21 08:00 PM",
    "-5m",
    "2026-13-01T00:00:00Z",
  ])("is not %j, and it is said how to write one", (text) => {
    expect(() => past(text)).toThrow("is neither a duration nor a time");
    expect(() => past(text)).toThrow(expect.objectContaining({ hint: expect.stringContaining("10m") }));
  });

  it("that is still to come is refused, with what time it is", () => {
    for (const text of ["2026-11-21 08:31", "2027-01-01", "2026-12-01T00:00:00Z"])
      expect(() => past(text)).toThrow("is still to come");
  });

  it("is read or refused with words, never anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d:.T Zdhms-]*$/)), (text) => {
        try {
          expect(past(text)).toBeLessThanOrEqual(NOW);
        } catch (error) {
          expect(error).toMatchObject({ name: "UsageError" });
        }
      }),
    );
  });
});
