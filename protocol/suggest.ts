// "Did you mean ...?": the known words nearest to a mistyped one.

const MAX_SUGGESTIONS = 3;
const MAX_WORD_LENGTH = 128;

/** Up to three candidates near to a word, the nearest first: few typing errors away, or begun or ended by it. */
export function suggest(word: string, candidates: Iterable<string>): string[] {
  if (word === "" || word.length > MAX_WORD_LENGTH) return [];
  const allowed = Math.max(1, Math.floor(word.length / 3));
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceTo(candidate, word) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

function distanceTo(candidate: string, word: string): number {
  const [known, typed] = [candidate.toLowerCase(), word.toLowerCase()];
  const isPart = typed.length >= 3 && (known.startsWith(typed) || known.endsWith(`/${typed}`));
  return isPart ? 1 : editDistance(known, typed);
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) row.push(cell(rows, { a, b, i, j }));
  }
  return at(rows, a.length, b.length);
}

function cell(rows: readonly number[][], { a, b, i, j }: { a: string; b: string; i: number; j: number }): number {
  const substitution = at(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
  const best = Math.min(at(rows, i - 1, j) + 1, at(rows, i, j - 1) + 1, substitution);
  const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return isSwap ? Math.min(best, at(rows, i - 2, j - 2) + 1) : best;
}

function at(rows: readonly number[][], i: number, j: number): number {
  return rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
}
