// Reads what a terminal shows: where the cursor is, and what stands on the input line.

/** A terminal's visible part. */
export interface Screen {
  /** From the top; with the escape sequences of `capture-pane -e`. */
  readonly rows: readonly string[];
  readonly cursor: Cursor;
}

/** Counted in cells from the top left, from zero. */
export interface Cursor {
  readonly x: number;
  readonly y: number;
  /** Programs that draw a cursor of their own hide the terminal's, and leave it anywhere. */
  readonly visible: boolean;
}

// Escaped, or the whole program would take two bytes of memory for each character: ❯ › ➜ », and │ ┃.
/** A prompt ends with one of these and a space, or with the line. */
const PROMPT_END = /[$#%>\u276f\u203a\u279c\u00bb](?:\s|$)/u;
/** The left edge of an input box. */
const BOX_EDGE = /^[\s\u2502\u2503|]+/u;
const BOX_RIGHT_EDGE = /[\s\u2502\u2503|]+$/u;
/** Text this far from the cursor is not being typed: a clock or a prompt's right half. */
const GAP = /\s{2,}/u;

/** The input line as far as it is typed, with its prompt. */
export function inputLine({ rows, cursor }: Screen): string {
  if (!cursor.visible) return trim(rows.map(plainText).findLast(hasPrompt) ?? "");
  const row = plainText(rows[cursor.y] ?? "");
  const [typed, behind] = splitAtCell(row, cursor.x);
  const [adjoining = ""] = behind.split(GAP);
  return trim(typed + adjoining);
}

/** What is typed on the input line without the prompt, as far as a prompt can be told: unknown ones count as typed. */
export function typedText(screen: Screen): string {
  const line = inputLine(screen);
  const prompt = PROMPT_END.exec(line);
  return prompt === null ? line : line.slice(prompt.index + prompt[0].length).trim();
}

function hasPrompt(row: string): boolean {
  return PROMPT_END.exec(row.replace(BOX_EDGE, ""))?.index === 0;
}

function trim(row: string): string {
  return row.replace(BOX_EDGE, "").replace(BOX_RIGHT_EDGE, "");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SGR = /\u001b\[([\d;:]*)m/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OTHER_ESCAPES = /\u001b(?:\[[\d;:?]*[A-Za-ln-z]|\][^\u001b\u0007]*(?:\u0007|\u001b\\)|[()].)|[\u000e\u000f]/g;

/** The text of a row; what is shown faint or grey is a placeholder or a suggestion, and comes out as spaces. */
function plainText(row: string): string {
  let faint = false;
  return row
    .replace(OTHER_ESCAPES, "")
    .split(SGR)
    .map((piece, index) => {
      if (index % 2 === 0) return faint ? " ".repeat(widthOf(piece)) : piece;
      faint = isFaint(piece, faint);
      return "";
    })
    .join("");
}

function isFaint(attributes: string, before: boolean): boolean {
  const codes = attributes.split(/[;:]/).map(Number);
  // What follows a 38 or 48 is a colour's number and no attribute.
  const end = codes.findIndex((code) => code === 38 || code === 48);
  return (end < 0 ? codes : codes.slice(0, end)).reduce(
    (faint, code) => code === 2 || code === 90 || (faint && ![0, 22, 39].includes(code)),
    before,
  );
}

/** Good enough to find a cursor among letters, ideographs and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /\p{Mark}|\p{Default_Ignorable_Code_Point}/u;

function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + cellsOf(character), 0);
}

function cellsOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

function splitAtCell(text: string, cell: number): [string, string] {
  let before = "";
  let width = 0;
  for (const character of text) {
    width += cellsOf(character);
    if (width > cell) break;
    before += character;
  }
  return [before, text.slice(before.length)];
}
