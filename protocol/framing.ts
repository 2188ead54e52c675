// Bytes <-> messages: newline-delimited JSON, or the Language Server Protocol's Content-Length framing.
import { ContentDecoder } from "./content-decoder.js";
import { writeExactIds } from "./exact-id.js";
import type { Frame } from "./frame.js";
import { LineDecoder } from "./line-decoder.js";

/** How messages are told apart on a connection; its first byte decides, both ways. */
export type Framing = "newline" | "content-length";

/** Largest frame before system.attach, in bytes without its newline or header. */
export const MAX_FRAME_BYTES_BEFORE_ATTACH = 64 * 1024;

/** Largest frame after system.attach, in bytes without its newline or header. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** The bytes of one message. `value` must have a JSON text (an object or an array). */
export function encode(value: object, framing: Framing): string {
  return encodeText(writeExactIds(value), framing);
}

/** The bytes of a message that is JSON text already, such as one event for many subscribers. */
export function encodeText(json: string, framing: Framing): string {
  return framing === "newline" ? `${json}\n` : `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

/**
 * Incremental decoder of one direction of a connection. Bytes go in with `push`, frames come out of `next` one at a time, so
 * that the reader may stop for a while, or raise the limit between one frame and the next.
 */
export class FrameDecoder {
  /** Largest frame from here on, in bytes. May be changed at any time. */
  maxBytes: number;
  #framing: Framing | null = null;
  /** Null before the first byte, and after the last that can be understood. */
  #decoder: LineDecoder | ContentDecoder | null = null;

  constructor(options: { readonly maxBytes: number }) {
    this.maxBytes = options.maxBytes;
  }

  /** The framing, once the first byte has arrived; null before. */
  get framing(): Framing | null {
    return this.#framing;
  }

  /** Bytes at hand that no frame was made of yet. */
  get heldBytes(): number {
    return this.#decoder?.heldBytes ?? 0;
  }

  /** Adds bytes as they arrive; the caller leaves the chunk unchanged afterwards. */
  push(chunk: Buffer): void {
    if (this.#framing === null && chunk.length > 0) this.#begin(isLetterC(chunk[0]) ? "content-length" : "newline");
    this.#decoder?.push(chunk);
  }

  /** The next frame, or undefined until more bytes arrive (for ever after `too-large` and `bad-header`). */
  next(): Frame | undefined {
    const frame = this.#decoder?.next(this.maxBytes);
    if (frame?.kind === "too-large" || frame?.kind === "bad-header") this.#decoder = null;
    return frame;
  }

  #begin(framing: Framing): void {
    this.#framing = framing;
    this.#decoder = framing === "newline" ? new LineDecoder() : new ContentDecoder();
  }
}

function isLetterC(byte: number | undefined): boolean {
  return byte === 0x43 || byte === 0x63;
}
