// What a poke may say: it is typed into terminals and read as lines, so nothing in it may act as a command to either.
import { codePointName, loneSurrogate, utf8Bytes } from "./utf8.js";

/** Longest message of a poke, in bytes of UTF-8. */
export const MAX_POKE_BYTES = 4096;

/** C0, DEL and C1 (whose U+009B begins an escape sequence as ESC [ does) but for tab and newline. */
const CONTROL = /(?![\t\n])\p{Cc}/u;

/** The names of characters that people know by one. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["\0", "NUL"],
  ["\x03", "Ctrl-C"],
  ["\x04", "Ctrl-D"],
  ["\r", "carriage return"],
  ["\x1B", "ESC"],
  ["\x7F", "DEL"],
]);

/** Why a text cannot be a poke's message, in words that follow the name of the field; null when it can. */
export function flawInPokeText(text: string): string | null {
  const bytes = utf8Bytes(text);
  const refused = loneSurrogate(text) ?? CONTROL.exec(text)?.[0];
  if (text === "") return "must not be empty";
  if (bytes > MAX_POKE_BYTES) return `must have at most ${MAX_POKE_BYTES} bytes, has ${bytes}`;
  return refused === undefined ? null : `must not contain ${named(refused)}`;
}

/** The same for a message that goes to a process's standard input, where a newline would make two messages of it. */
export function flawInStdinText(text: string): string | null {
  if (text.includes("\n")) return "must not contain a newline (U+000A): a process reads each line as a message";
  return flawInPokeText(text);
}

function named(character: string): string {
  const name = codePointName(character);
  if (/\p{Surrogate}/u.test(character)) return `half of a surrogate pair (${name})`;
  return `the control character ${NAMES.has(character) ? `${NAMES.get(character)} (${name})` : name}`;
}
