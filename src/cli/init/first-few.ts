// A list in a line that a person reads: the first few, and how many more there are.

const FEW = 10;

/** "a, b, c", or the first ten "and 590 more". */
export function firstFew(words: readonly string[]): string {
  const shown = words.slice(0, FEW).join(", ");
  return words.length <= FEW ? shown : `${shown} and ${words.length - FEW} more`;
}
