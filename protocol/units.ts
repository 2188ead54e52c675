// Durations and sizes as people write them, turned into milliseconds and bytes.
import { invalidParams } from "./errors.js";

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

// Decimal as disks and log rotation count them; the binary units are there by their own names.
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1_000],
  ["mb", 1_000_000],
  ["gb", 1_000_000_000],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
]);

/** Longest duration, in milliseconds: what Node's timers can count (nearly 25 days). Longer ones would fire at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1;

/**
 * Milliseconds in a duration such as "500ms", "60s", "5m", "1.5h" or "1d".
 * @throws HearthError `invalid-params` that says what is wrong and how it is written.
 */
export function parseDurationMs(text: string): number {
  const ms = parseSpanMs(text);
  if (ms > MAX_DURATION_MS) throw invalidParams(`the duration "${text}" is too long: at most 24d`);
  return ms;
}

/**
 * Milliseconds in a duration of any length, which no timer has to count.
 * @throws HearthError `invalid-params` that says what is wrong and how it is written.
 */
export function parseSpanMs(text: string): number {
  return parseQuantity(text, { units: DURATION_UNITS, noun: "duration", example: "60s" });
}

/**
 * Bytes in a size such as "512B", "64KB", "100MB" or "1GiB": 1 MB is 1,000,000 bytes, 1 MiB is 1,048,576.
 * @throws HearthError `invalid-params` that says what is wrong and how it is written.
 */
export function parseSizeBytes(text: string): number {
  const bytes = parseQuantity(text, { units: SIZE_UNITS, noun: "size", example: "100MB" });
  if (bytes > Number.MAX_SAFE_INTEGER) throw invalidParams(`the size "${text}" is too large`);
  return bytes;
}

interface Quantity {
  readonly units: ReadonlyMap<string, number>;
  readonly noun: string;
  readonly example: string;
}

function parseQuantity(text: string, { units, noun, example }: Quantity): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (amount === undefined) throw invalidParams(`"${text}" is not a ${noun}: write it like "${example}"`);
  if (unit === "") throw invalidParams(`the ${noun} "${text}" has no unit: write it like "${example}"`);
  const factor = units.get((unit ?? "").toLowerCase());
  if (factor === undefined)
    throw invalidParams(`"${unit}" is not a unit of a ${noun}: use ${[...units.keys()].join(", ")}`);
  return Math.round(Number(amount) * factor);
}
