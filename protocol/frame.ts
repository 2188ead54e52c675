// What a decoder makes of bytes, in either framing: a message, or word of why there is none.
import { isAscii, isUtf8 } from "node:buffer";
import { keepExactIds } from "./exact-id.js";

/** What a decoder finds: a message, a frame that is none (the connection goes on), or the end of what can be understood. */
export type Frame =
  | { readonly kind: "message"; readonly value: unknown }
  /** Not UTF-8, or not JSON: answer -32700 with id null. */
  | { readonly kind: "invalid"; readonly why: string }
  /** Over `maxBytes`: answer -32010 and close. Nothing comes after it. */
  | { readonly kind: "too-large"; readonly maxBytes: number }
  /** Not a header of the Language Server Protocol: close. Nothing comes after it. */
  | { readonly kind: "bad-header"; readonly why: string };

export const NEWLINE = 0x0a;

/** The text of UTF-8 bytes, or null when they are not. */
export function decode(bytes: Buffer): string | null {
  // Pure ASCII, which most traffic is, becomes a one-byte string without a second look at each byte.
  if (isAscii(bytes)) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : null;
}

export function parseBytes(bytes: Buffer): Frame {
  const text = decode(bytes);
  return text === null ? { kind: "invalid", why: "The bytes received are not UTF-8." } : parse(text);
}

export function parse(text: string): Frame {
  try {
    return { kind: "message", value: keepExactIds(JSON.parse(text), text) };
  } catch {
    return { kind: "invalid", why: "The text received is not JSON." };
  }
}
