// Text in lines that are no wider than its terminal.
import { widthOf } from "./width.js";

/** A command between backticks counts as one word: it is there to be copied. */
const WORD = /\S*`[^`]*`\S*|\S+/g;

/** Breaks at spaces; a word that is too long for a line stays whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(WORD) ?? []) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
