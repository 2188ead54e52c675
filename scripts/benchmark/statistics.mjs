// What is made of repeated measurements.

/** The middle of the values, or the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Repeats a measurement until it has run for `warmUpMs`, so that what follows measures compiled code; at least once. */
async function warmUp(measure, { warmUpMs }) {
  const end = performance.now() + warmUpMs;
  do await measure();
  while (performance.now() < end);
}

/**
 * Takes every measurement once in each round, so that a busy moment of the machine falls on all of them alike.
 * Returns the median of each by its name.
 */
export async function interleave(measurements, { rounds, warmUpMs = 0 }) {
  const taken = new Map();
  for (const [name, measure] of Object.entries(measurements)) {
    await warmUp(measure, { warmUpMs });
    taken.set(name, []);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(measurements)) taken.get(name).push(await measure());
  }
  return Object.fromEntries(Array.from(taken, ([name, values]) => [name, median(values)]));
}
