// What --since says: a moment in the past as people write it, how long ago or when.
import { HearthError } from "../../protocol/errors.js";
import { parseTimestamp } from "../../protocol/time.js";
import { parseSpanMs } from "../../protocol/units.js";
import { UsageError } from "./usage-error.js";

const DAY_MS = 86_400_000;
const HINT =
  'write it like `hearth logs --since 10m`, or as 08:00, "2026-11-21 08:00" (local time) or 2026-11-21T08:00:00Z';

/**
 * Unix milliseconds of a moment such as "10m" (so long ago), "2026-11-21 08:00" or "2026-11-21" in local time, "08:00" (when
 * it was that last), or as RFC 3339 writes it.
 * @throws {UsageError} it is none, or is still to come.
 */
export function parseSince(text: string, now: number): number {
  const moment = timeOfDay(text, now) ?? localTime(text) ?? zonedTime(text) ?? timeAgo(text, now);
  if (moment === null) throw new UsageError(`--since: ${JSON.stringify(text)} is neither a duration nor a time`, HINT);
  if (moment <= now) return moment;
  const message = `--since: ${new Date(moment).toISOString()} is still to come: it is ${new Date(now).toISOString()} now`;
  throw new UsageError(message, HINT);
}

function timeOfDay(text: string, now: number): number | null {
  const [, hour, minute, second = "0"] = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (hour === undefined || !isClock(hour, minute, second)) return null;
  const today = new Date(now).setHours(Number(hour), Number(minute), Number(second), 0);
  return today <= now ? today : today - DAY_MS;
}

const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;

function localTime(text: string): number | null {
  const [, year, month, day, hour = "0", minute = "0", second = "0"] = LOCAL.exec(text) ?? [];
  if (day === undefined || !isClock(hour, minute, second)) return null;
  const [y, m, d] = [Number(year), Number(month) - 1, Number(day)];
  const date = new Date(y, m, d, Number(hour), Number(minute), Number(second));
  // JavaScript takes the 31st of February for the 3rd of March.
  return date.getMonth() === m && date.getDate() === d ? date.getTime() : null;
}

function isClock(hour?: string, minute?: string, second?: string): boolean {
  return Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
}

function zonedTime(text: string): number | null {
  return unlessRefused(() => Date.parse(parseTimestamp(text.replace(" ", "T"))));
}

function timeAgo(text: string, now: number): number | null {
  return unlessRefused(() => Math.max(0, now - parseSpanMs(text)));
}

/** Null for what the protocol's own readers refuse. */
function unlessRefused(read: () => number): number | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof HearthError) return null;
    throw error;
  }
}
