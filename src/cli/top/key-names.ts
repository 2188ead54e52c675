// What a terminal sends, as the keys that were pressed.
import { emitKeypressEvents, type Interface, type Key } from "node:readline";
import type { Readable } from "node:stream";

/** How long Esc may be the beginning of another key's sequence; readline's own half a second is felt. */
const ESCAPE_MS = 50;

/** Has the stream emit `keypress`, for `keysOf`. */
export function emitKeys(stream: Readable): void {
  // Of the interface readline takes nothing but this property, and there is no other way to say it.
  emitKeypressEvents(stream, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Esc is what is looked for
const AFTER_ESCAPES = /^(\x1b*)(.*)$/su;

/**
 * The keys of one `keypress`: a character as itself, another key by its name, such as `pageup` or `ctrl+c`. Esc with a
 * key right behind it is one key with meta to readline; top knows none of those, so they are both.
 */
export function keysOf(text: string | undefined, key: Key): string[] {
  const [, escapes = "", rest = ""] = AFTER_ESCAPES.exec(key.sequence ?? "") ?? [];
  const isSequence = escapes !== "" && [...rest].length > 1;
  const pressed = Array.from({ length: escapes.length - (isSequence ? 1 : 0) }, () => "escape");
  if (rest === "") return pressed;
  const last = isSequence || escapes === "" ? keyOf(text, key) : keyOf(rest, withoutMeta(rest, key));
  return last === null ? pressed : [...pressed, last];
}

/** Behind Esc readline has no name for a control character. */
function withoutMeta(character: string, { name }: Key): Key {
  const isControl = name === undefined && character <= "\x1a";
  return isControl ? { name: String.fromCharCode(character.charCodeAt(0) + 0x60), ctrl: true } : { name };
}

/** Null for what is no key of top's. */
function keyOf(text: string | undefined, { name, ctrl, meta }: Key): string | null {
  if (ctrl === true) return name === undefined ? null : `ctrl+${name}`;
  if (name === "return") return "enter";
  if (meta === true) return null;
  if (text !== undefined && /^\P{Cc}$/u.test(text)) return text;
  return name ?? null;
}
