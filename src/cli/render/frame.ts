// The bytes that turn what a screen shows into what it is to show.

/** The terminal shows what comes between these at once, if it knows them; others pass over them. */
const BEGIN_UPDATE = "\x1b[?2026h";
export const END_UPDATE = "\x1b[?2026l";
const CLEAR = "\x1b[0m\x1b[2J";
const ERASE_ROW = "\x1b[2K";
const ERASE_REST = "\x1b[K";

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const ESCAPES_OR_ASCII = /^(?:\x1b\[[0-9;:]*m|[\x20-\x7e])*$/;

/** Writes the rows that differ; all of them when `shown` is null, because nobody knows what the screen shows. */
export function frame(
  shown: readonly string[] | null,
  next: readonly string[],
  { columns }: { readonly columns: number },
): string {
  const changes = next.flatMap((row, at) => (shown?.[at] === row ? [] : [drawn(row, at, columns)]));
  // Rows there were before a smaller screen are gone with it: a new size is drawn from the beginning.
  if (shown !== null && changes.length === 0) return "";
  return BEGIN_UPDATE + (shown === null ? CLEAR : "") + changes.join("") + END_UPDATE;
}

/** What was there is erased behind the new text where that is sure to be shorter than the row: so nothing flickers. */
function drawn(row: string, at: number, columns: number): string {
  const place = `\x1b[${at + 1};1H`;
  const isSure = ESCAPES_OR_ASCII.test(row) && printable(row) < columns;
  return isSure ? place + row + ERASE_REST : place + ERASE_ROW + row;
}

function printable(row: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  return row.replace(/\x1b\[[0-9;:]*m/g, "").length;
}
