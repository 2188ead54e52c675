// Which times of lines are understood, and that nothing else is taken for one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineTime } from "../../src/cli/logs/line-time.js";

const NOW = Date.UTC(2026, 10, 21, 8, 30);

const UTC = Date.UTC(2026, 10, 20, 7, 5, 9);
const LOCAL = new Date(2026, 10, 20, 7, 5, 9).getTime();

describe("the time of a line", () => {
  it.each([
    ["2026-11-20T07:05:09Z listening", UTC],
    ["2026-11-20T07:05:09.123456789Z listening", UTC + 123],
    ["2026-11-20T09:05:09+02:00 listening", UTC],
    ["2026-11-20 03:05:09 -0400 listening", UTC],
    ["[2026-11-20 07:05:09,250] listening", LOCAL + 250],
    ["2026/11/20 07:05:09 [error] nginx", LOCAL],
    ["2026-11-20 07:05 listening", LOCAL - 9_000],
    ["INFO 2026-11-20T07:05:09Z listening", UTC],
    ["[warning] 2026-11-20 07:05:09 listening", LOCAL],
    [`${UTC / 1_000} listening`, UTC],
    [`${UTC / 1_000}.75 listening`, UTC + 750],
    [`[${UTC}] listening`, UTC],
    ["Nov 20 07:05:09 host sshd[7]: listening", LOCAL],
    ["Dec  1 07:05:09 host sshd[7]: listening", new Date(2025, 11, 1, 7, 5, 9).getTime()],
    ["Fri Nov 20 07:05:09 UTC 2026 listening", UTC],
    ["Fri Nov 20 07:05:09 2026 listening", LOCAL],
    ['127.0.0.1 - ada [20/Nov/2026:07:05:09 +0000] "GET / HTTP/1.1" 200 2326', UTC],
    ['{"level":30,"time":1795158309000,"msg":"listening"}', UTC],
    ['{"msg":"listening","timestamp":"2026-11-20T07:05:09.000Z"}', UTC],
    ['{"ts":1795158309.5,"msg":"listening"}', UTC + 500],
    ["time=2026-11-20T07:05:09Z level=info msg=listening", UTC],
    ['ts="2026-11-20 07:05:09" level=info', LOCAL],
    ["\x1b[2m2026-11-20T07:05:09Z\x1b[0m listening", UTC],
  ])("%s", (line, expected) => expect(lineTime(line, NOW)).toBe(expected));

  it.each([
    "listening since 2026-11-20T07:05:09Z",
    "07:05:09 listening",
    "[ 1234.567890] usb 1-1",
    "1234567 requests",
    "17951583090 requests",
    "1795158309abc",
    "2026-11-20 is a Friday",
    "2026-13-20T07:05:09Z",
    "2026-11-20T25:05:09Z",
    "1999-11-20T07:05:09Z before there were such logs",
    "2026-11-23T07:05:09Z is to come",
    "Nox 20 07:05:09 host",
    '{"msg":"nothing"}',
    '{"time":"soon"}',
    "{",
    "",
  ])("is unknown of %j", (line) => expect(lineTime(line, NOW)).toBeNull());

  it("is unknown or a plausible number, whatever a line holds", () => {
    const pieces = fc.constantFrom(
      "2026-11-20",
      "T",
      " ",
      "07:05:09",
      "Z",
      "[",
      "Nov 20",
      "{",
      '"time":',
      "1795158309",
      "\x1b[1m",
      ".5",
      "+0",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((each) => each.join("")),
        ),
        (line) => {
          const time = lineTime(line, NOW);
          if (time === null) return;
          expect(time).toBeGreaterThan(Date.UTC(1999, 11, 31));
          expect(time).toBeLessThanOrEqual(NOW + 86_400_000);
        },
      ),
    );
  });

  it("is found in no time in a line of a megabyte", () => {
    expect(lineTime("[".repeat(1_000_000), NOW)).toBeNull();
    expect(lineTime(`2026-11-20T07:05:09Z ${"x".repeat(1_000_000)}`, NOW)).toBe(UTC);
  });
});
