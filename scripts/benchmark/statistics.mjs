// What is made of repeated measurements.

/** The middle of the values, or the mean of the two in the middle. */
export function median(values) {
  const sorted = ascending(values);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The value that a share of all values does not exceed, by nearest rank. */
export function quantile(values, share) {
  const sorted = ascending(values);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * A figure is what repeats of one measurement say: their median, and the spread between the tenth and the ninetieth
 * percentile, so that one unlucky repeat of many does not decide it. Of few repeats these are the least and the most.
 */
export function figureOf(values) {
  return {
    value: median(values),
    low: quantile(values, 0.1),
    high: quantile(values, 0.9),
    samples: values.length,
  };
}

function ascending(values) {
  return [...values].sort((a, b) => a - b);
}

/** Repeats a measurement until it has run for `warmUpMs`, so that what follows measures compiled code; at least once. */
async function warmUp(measure, { warmUpMs }) {
  const end = performance.now() + warmUpMs;
  do await measure();
  while (performance.now() < end);
}

/**
 * Takes every measurement once in each round, so that a busy moment of the machine falls on all of them alike.
 * Returns the figure of each by its name.
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
  return Object.fromEntries(Array.from(taken, ([name, values]) => [name, figureOf(values)]));
}
