// The time that a line of a log tells by itself, in the ways programs write it at its beginning.
import { plain } from "../render/text.js";

/** Further in, nothing is taken for the time of a line. */
const LOOKED_AT = 300;
const DAY_MS = 86_400_000;
/** Before there were such logs; smaller numbers are counts of something else. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);

const LEVEL = /^\[?(?:trace|debug|info|notice|warn(?:ing)?|error|fatal|critical)\]?:?\s+/i;
const DATE =
  /^["'[(]?(\d{4})[-/](\d\d)[-/](\d\d)[T _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d))?/i;
const EPOCH = /^\[?(\d{10}|\d{13})(?:[.,](\d{1,9}))?\]?(?=[\s:,|]|$)/;
/** As syslog and date(1) write it: the year comes last, if at all. */
const MONTH_FIRST =
  /^\[?(?:[A-Z][a-z]{2},? )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:(?: ([A-Z]{3,4}|[+-]\d{4}))? (\d{4})\b)?/;
/** Of web servers: the time stands in the middle. */
const COMMON_LOG = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]/;
const JSON_FIELD = /"(?:@?time(?:stamp)?|ts|at|date(?:time)?)"\s*:\s*"?([^",}]{10,40})/;
const LOGFMT_FIELD = /^(?:time(?:stamp)?|ts|at)="?([^"]{10,40})/;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Unix milliseconds, by local time where no zone is told; null when the line tells no time, or one that is still to come. */
export function lineTime(line: string, now: number): number | null {
  const time = timeIn(textAtBegin(line), now);
  return time !== null && time >= EARLIEST_MS && time <= now + DAY_MS ? time : null;
}

function textAtBegin(line: string): string {
  const begin = line.slice(0, LOOKED_AT);
  return begin.includes("\x1b") ? plain(begin) : begin;
}

function timeIn(text: string, now: number): number | null {
  if (text.startsWith("{")) return timeOfField(JSON_FIELD.exec(text)?.[1]);
  const field = LOGFMT_FIELD.exec(text)?.[1];
  if (field !== undefined) return timeOfField(field);
  return dated(text) ?? epoch(text) ?? monthFirst(text, now) ?? commonLog(text) ?? dated(text.replace(LEVEL, ""));
}

function timeOfField(text: string | undefined): number | null {
  return text === undefined ? null : (dated(text) ?? epoch(text));
}

function dated(text: string): number | null {
  const [, year, month, day, hour, minute, second, fraction, zone] = DATE.exec(text) ?? [];
  if (year === undefined) return null;
  return moment({ year, month: Number(month), day, hour, minute, second, fraction, zone });
}

function epoch(text: string): number | null {
  const [, digits, fraction] = EPOCH.exec(text) ?? [];
  if (digits === undefined) return null;
  return digits.length === 13 ? Number(digits) : Number(digits) * 1_000 + milliseconds(fraction);
}

function monthFirst(text: string, now: number): number | null {
  const [, name = "", day, hour, minute, second, zone, year] = MONTH_FIRST.exec(text) ?? [];
  const month = MONTHS.indexOf(name) + 1;
  if (month === 0) return null;
  const parts = { month, day, hour, minute, second, zone };
  if (year !== undefined) return moment({ year, ...parts });
  const thisYear = new Date(now).getFullYear();
  const time = moment({ year: String(thisYear), ...parts });
  return time !== null && time > now + DAY_MS ? moment({ year: String(thisYear - 1), ...parts }) : time;
}

function commonLog(text: string): number | null {
  const [, day, name = "", year, hour, minute, second, zone] = COMMON_LOG.exec(text) ?? [];
  return year === undefined ? null : moment({ year, month: MONTHS.indexOf(name) + 1, day, hour, minute, second, zone });
}

interface Parts {
  readonly year: string;
  /** 1 to 12. */
  readonly month: number;
  readonly day: string | undefined;
  readonly hour: string | undefined;
  readonly minute: string | undefined;
  readonly second: string | undefined;
  /** Digits behind the point. */
  readonly fraction?: string | undefined;
  /** Without one it is local time; so it is with a name that only people know. */
  readonly zone: string | undefined;
}

function moment({ year, month, day, hour, minute, second = "0", fraction, zone }: Parts): number | null {
  const numbers = [Number(year), month - 1, Number(day), Number(hour), Number(minute), Number(second)] as const;
  if (month < 1 || month > 12 || numbers[2] > 31 || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 60) return null;
  const offset = offsetMs(zone);
  const whole = offset === null ? new Date(...numbers).getTime() : Date.UTC(...numbers) - offset;
  return whole + milliseconds(fraction);
}

/** East of Greenwich; null: unknown. */
function offsetMs(zone: string | undefined): number | null {
  if (zone === undefined) return null;
  if (/^(?:z|utc|gmt)$/i.test(zone)) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function milliseconds(fraction = "0"): number {
  return Math.floor(Number(`0.${fraction}`) * 1_000);
}
