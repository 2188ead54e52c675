// Text for a terminal: nothing that could control it, laid out to its width.

/** How lines are laid out. */
export interface Style {
  readonly columns: number;
  readonly isColourful: boolean;
  /** The terminal's encoding may have nothing but ASCII. */
  readonly isAscii?: boolean;
}

const SGR = {
  ...{ bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 },
  ...{ brightGreen: 92, brightYellow: 93, brightBlue: 94, brightMagenta: 95, brightCyan: 96 },
} as const;

export type Colour = keyof typeof SGR;

/** Sequences of ECMA-48: strings such as a window title up to their end, control sequences, and other escapes. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const COLOUR = /^\x1b\[[0-9;:]*m$/;

/** Text without anything that could move a cursor, set a title or reorder what is read; tabs stay. */
export function plain(text: string): string {
  return text.replace(ESCAPES, "").replace(CONTROLS, "");
}

/** The same, but colours stay; they end with the text. */
export function plainWithColours(text: string): string {
  let hasColours = false;
  const pieces = splitAtColours(text).map((piece) => {
    if (!COLOUR.test(piece)) return plain(piece);
    hasColours = true;
    return piece;
  });
  return pieces.join("") + (hasColours ? "\x1b[0m" : "");
}

function splitAtColours(text: string): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(ESCAPES)) {
    if (!COLOUR.test(match[0])) continue;
    pieces.push(text.slice(end, match.index), match[0]);
    end = match.index + match[0].length;
  }
  return [...pieces, text.slice(end)];
}

/** What JSON lets stand in a string although a terminal would act on it. */
const UNESCAPED_CONTROLS = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** The same value in JSON that is safe to show. */
export function plainJson(json: string): string {
  return json.replace(UNESCAPED_CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Text in a colour, where colours are wanted. */
export function paint(text: string, colour: Colour | null, { isColourful }: Style): string {
  return isColourful && colour !== null ? `\x1b[${SGR[colour]}m${text}\x1b[0m` : text;
}
