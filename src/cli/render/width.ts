// How many cells of a terminal a text takes, and text cut or wrapped to so many. Colours (SGR) take none and are kept.

/**
 * Letters of two cells: East Asian Width W and F of Unicode 16, with what is shown as emoji by default. A terminal that
 * joins several into one picture takes fewer cells than are counted here, so what fits by this count fits everywhere.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2fb}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_CELL = /\p{Nonspacing_Mark}|\p{Enclosing_Mark}|\p{Default_Ignorable_Code_Point}/u;
/** Asks for the picture of the character before it, which is one cell wider than its letter. */
const AS_PICTURE = "\ufe0f";
const ASCII = /^[\x20-\x7e]*$/;
const TAB_COLUMNS = 8;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
const TOKENS = /\x1b\[[0-9;:]*m|./gsu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
const BEGINS_AFRESH = /^\x1b\[0*([;:m])/;
const RESET = "\x1b[0m";
/** Colours that are in force where a line is wrapped; a line that changes them more often is not written by a person. */
const MAX_COLOURS = 8;

/** Cells of one row; tabs count to the next multiple of eight. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : cut(text, Number.POSITIVE_INFINITY).width;
}

/** Text in at most so many cells; an ellipsis says that there was more. */
export function clipToWidth(text: string, columns: number): string {
  if (text.length <= columns && ASCII.test(text)) return text;
  const whole = cut(text, columns);
  if (whole.rest === null) return whole.row;
  return columns < 1 ? "" : `${cut(text, columns - 1).row}…`;
}

/** Text in exactly so many cells. */
export function padToWidth(text: string, columns: number): string {
  const clipped = clipToWidth(text, columns);
  return clipped + " ".repeat(Math.max(0, columns - widthOf(clipped)));
}

/** Text in as many rows as it takes, at least one; colours go on in the next. */
export function wrapToWidth(text: string, columns: number): string[] {
  const rows: string[] = [];
  for (let rest: string | null = text; rest !== null && columns > 0; ) {
    const next: Cut = cut(rest, columns);
    rows.push(next.row);
    rest = next.rest;
  }
  return rows;
}

interface Cut {
  /** Ends without colour. */
  readonly row: string;
  readonly width: number;
  /** Begins with the colours that are in force; null when the row took everything. */
  readonly rest: string | null;
}

function cut(text: string, columns: number): Cut {
  let row = "";
  let width = 0;
  let colours: readonly string[] = [];
  let isColoured = false;
  const done = (rest: string | null): Cut => ({ row: isColoured ? row + RESET : row, width, rest });
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token.length > 2) {
      colours = inForce(colours, token);
      isColoured = true;
      row += token;
      continue;
    }
    const cell = cellOf(token, { width, columns });
    if (width + cell.width > columns) return done(colours.join("") + text.slice(index));
    row += cell.text;
    width += cell.width;
  }
  return done(null);
}

/** What a character looks like at its place. */
function cellOf(
  character: string,
  { width, columns }: { readonly width: number; readonly columns: number },
): { readonly text: string; readonly width: number } {
  if (character === "\t") {
    const cells = Math.min(TAB_COLUMNS - (width % TAB_COLUMNS), Math.max(1, columns - width));
    return { text: " ".repeat(cells), width: cells };
  }
  const cells = cellsOf(character);
  // One that fits into no row must not keep the next from coming.
  return cells > columns && columns > 0 ? { text: "…", width: 1 } : { text: character, width: cells };
}

function cellsOf(character: string): number {
  if (character === AS_PICTURE) return 1;
  if (character < "\u0300") return 1;
  if (NO_CELL.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

function inForce(colours: readonly string[], colour: string): readonly string[] {
  const afresh = BEGINS_AFRESH.exec(colour);
  if (afresh === null) return [...colours, colour].slice(-MAX_COLOURS);
  return afresh[1] === "m" ? [] : [colour];
}
