// Text as UTF-8 carries it: how many bytes it takes, and whether it can be carried at all.

/** Bytes of the text in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Half of a surrogate pair, which JSON can spell and UTF-8 cannot carry; undefined when there is none. */
export function loneSurrogate(text: string): string | undefined {
  return /\p{Surrogate}/u.exec(text)?.[0];
}

/** A character as error messages name it: `U+001B`. */
export function codePointName(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, "0")}`;
}
