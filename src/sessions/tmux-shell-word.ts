// Quotes text so that a POSIX shell, or tmux reading its configuration, takes it as one word.

/** Nothing is special between single quotes but the closing one. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The text that `shellWord` made this of. */
export function fromShellWord(word: string): string {
  return word.slice(1, -1).replaceAll("'\\''", "'");
}
