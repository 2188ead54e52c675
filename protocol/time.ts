// Moments as RFC 3339 writes them.
import { invalidParams } from "./errors.js";

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * The moment that a text such as "2026-03-01T09:00:00+01:00" names, as `Date.prototype.toISOString` writes it.
 * @throws HearthError `invalid-params` when it names none.
 */
export function parseTimestamp(text: string): string {
  const [, day] = RFC_3339.exec(text) ?? [];
  const moment = day === undefined || !isDay(day) ? null : new Date(text.toUpperCase()).toISOString();
  // An offset may lead out of the years that four digits can write.
  if (moment === null || !RFC_3339.test(moment)) {
    throw invalidParams(`${JSON.stringify(text)} is not a moment: write it like "2026-03-01T08:00:00Z"`);
  }
  return moment;
}

/** JavaScript takes the 31st of February for the 3rd of March. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
