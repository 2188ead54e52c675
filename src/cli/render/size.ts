// Sizes for people: three digits and a unit.

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** "640 B", "1.5 kB", "23 MB"; in powers of a thousand, as hearth.toml has them. */
export function formatSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const count = bytes / 1_000 ** power;
  return `${count < 10 && power > 0 ? count.toFixed(1) : Math.floor(count)} ${UNITS[power]}`;
}
