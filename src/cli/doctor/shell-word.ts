// A word as one types it in a shell, for commands that a person is told to run.

/** The word itself where nothing in it means anything to a shell, otherwise quoted. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
