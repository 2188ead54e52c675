// The promises of moments: whatever RFC 3339 allows comes out in one form, and nothing else comes through.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTimestamp } from "../../protocol/time.js";

test.each([
  ["2026-03-01T08:00:00Z", "2026-03-01T08:00:00.000Z"],
  ["2026-03-01t08:00:00z", "2026-03-01T08:00:00.000Z"],
  ["2026-03-01T09:30:00+01:30", "2026-03-01T08:00:00.000Z"],
  ["2026-02-28T23:59:59.999999999-08:00", "2026-03-01T07:59:59.999Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
])("%s is %s", (text, moment) => {
  expect(parseTimestamp(text)).toBe(moment);
});

test.each([
  "",
  "now",
  "1772352000",
  "2026-03-01",
  "2026-03-01T08:00Z",
  "2026-03-01T08:00:00",
  "2026-03-01 08:00:00Z",
  "2026-02-29T00:00:00Z",
  "2026-02-31T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-03-00T00:00:00Z",
  "2026-03-01T24:00:00Z",
  "2026-03-01T08:60:00Z",
  "2026-03-01T08:00:00+24:00",
  "2026-03-01T08:00:00+01",
  "+002026-03-01T08:00:00Z",
  "9999-12-31T23:59:59-01:00",
  "0000-01-01T00:00:00+01:00",
  "2026-03-01T08:00:00Z\n",
])("%j is no moment", (text) => {
  expect(() => parseTimestamp(text)).toThrow(
    expect.objectContaining({ kind: "invalid-params", message: expect.stringContaining("2026-03-01T08:00:00Z") }),
  );
});

test("what the daemon writes is read as it is", () => {
  const dates = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(dates, (date) => {
      expect(parseTimestamp(date.toISOString())).toBe(date.toISOString());
    }),
  );
});
