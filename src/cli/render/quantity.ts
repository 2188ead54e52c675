// Memory and processor time for people, in at most five characters.

const SIZES: readonly (readonly [string, number])[] = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
];

/** "48MB", "1.2GB": a value that hearth.toml would take, rounded. */
export function formatBytes(bytes: number): string {
  // What would be rounded to 1000 of a unit is 1 of the next.
  const [unit, size] = SIZES.find(([, size]) => bytes >= 0.9995 * size) ?? ["B", 1];
  return `${shortNumber(bytes / size)}${unit}`;
}

/** "0.3%", "12%"; 100% is one core. */
export function formatPercent(percent: number): string {
  return `${shortNumber(percent)}%`;
}

/** One decimal below ten, if it says anything. */
function shortNumber(value: number): string {
  return value < 9.95 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}
