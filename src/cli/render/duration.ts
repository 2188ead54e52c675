// Durations for people: the two largest units.

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** "3d 4h", "1h 5m", "12s"; less than a second is "0s". */
export function formatDuration(ms: number): string {
  const first = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  if (first === -1) return "0s";
  let restMs = ms;
  const parts = UNITS.slice(first, first + 2).map(([unit, unitMs]) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** How long ago a moment of RFC 3339 was, such as "12s ago"; `now` in unix milliseconds. */
export function formatAge(moment: string, now: number): string {
  return `${formatDuration(now - Date.parse(moment))} ago`;
}
