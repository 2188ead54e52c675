// The promises of durations, sizes and addresses as people write them.
import { expect, test } from "vitest";
import { parseTcpAddress } from "../../protocol/address.js";
import { parseDurationMs, parseSizeBytes } from "../../protocol/units.js";

test.each([
  ["500ms", 500],
  ["60s", 60_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
  ["1.5s", 1_500],
  ["0s", 0],
  [" 10 S ", 10_000],
  ["24d", 24 * 86_400_000],
])("%j is %d ms", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  ["64KB", 64_000],
  ["100MB", 100_000_000],
  ["1GB", 1_000_000_000],
  ["1KiB", 1_024],
  ["1mib", 1_048_576],
  ["0.5GiB", 536_870_912],
  ["12B", 12],
])("%j is %d bytes", (text, bytes) => {
  expect(parseSizeBytes(text)).toBe(bytes);
});

test("a number without a unit is refused with the advice to add one", () => {
  expect(() => parseDurationMs("60")).toThrow('the duration "60" has no unit: write it like "60s"');
  expect(() => parseSizeBytes("100")).toThrow('the size "100" has no unit: write it like "100MB"');
});

test.each(["", "s", "-1s", "1 week", "1s2", "1h30m", "NaNs", "1e3s", "25d", "99999999999999999999d"])(
  "%j is no duration",
  (text) => {
    expect(() => parseDurationMs(text)).toThrow(expect.objectContaining({ kind: "invalid-params" }));
  },
);

test.each(["", "MB", "-1MB", "1 TB", "1MBs", "99999999999GB", "60s"])("%j is no size", (text) => {
  expect(() => parseSizeBytes(text)).toThrow(expect.objectContaining({ kind: "invalid-params" }));
});

test.each([
  [8080, { host: "127.0.0.1", port: 8080 }],
  ["8080", { host: "127.0.0.1", port: 8080 }],
  ["localhost:80", { host: "localhost", port: 80 }],
  ["[::1]:65535", { host: "::1", port: 65_535 }],
])("%j is an address", (text, address) => {
  expect(parseTcpAddress(text)).toEqual(address);
});

test.each(["", ":80", "a:", "a:0", "a:65536", "::1:80", "a b:80", -1, 0, 1.5, 70_000])("%j is no address", (text) => {
  expect(() => parseTcpAddress(text)).toThrow("is not a TCP address");
});
