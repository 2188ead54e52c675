// Bytes <-> messages: newline-delimited JSON, or the Language Server Protocol's Content-Length framing.
import { isAscii, isUtf8 } from "node:buffer";
import { ByteQueue } from "./byte-queue.js";
import { keepExactIds, writeExactIds } from "./exact-id.js";

/** How messages are told apart on a connection; its first byte decides, both ways. */
export type Framing = "newline" | "content-length";

/** Largest frame before system.attach, in bytes without its newline or header. */
export const MAX_FRAME_BYTES_BEFORE_ATTACH = 64 * 1024;

/** Largest frame after system.attach, in bytes without its newline or header. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

const MAX_HEADER_BYTES = 4_096;
// Lines that were read are let go at once: one of them can be as large as a frame.
const NO_LINES: readonly string[] = [];
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** What a decoder finds: a message, a frame that is none (the connection goes on), or the end of what can be understood. */
export type Frame =
  | { readonly kind: "message"; readonly value: unknown }
  /** Not UTF-8, or not JSON: answer -32700 with id null. */
  | { readonly kind: "invalid"; readonly why: string }
  /** Over `maxBytes`: answer -32010 and close. Nothing comes after it. */
  | { readonly kind: "too-large"; readonly maxBytes: number }
  /** Not a header of the Language Server Protocol: close. Nothing comes after it. */
  | { readonly kind: "bad-header"; readonly why: string };

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
  readonly #bytes = new ByteQueue();
  #body: LineBody | LengthBody | null = null;
  #ended = false;

  constructor(options: { readonly maxBytes: number }) {
    this.maxBytes = options.maxBytes;
  }

  /** The framing, once the first byte has arrived; null before. */
  get framing(): Framing | null {
    return this.#body?.framing ?? null;
  }

  /** Bytes at hand that no frame was made of yet. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Adds bytes as they arrive; the caller leaves the chunk unchanged afterwards. */
  push(chunk: Buffer): void {
    if (this.#ended || chunk.length === 0) return;
    this.#body ??= isLetterC(chunk[0]) ? new LengthBody(this.#bytes) : new LineBody(this.#bytes);
    this.#bytes.append(chunk);
  }

  /** The next frame, or undefined until more bytes arrive (for ever after `too-large` and `bad-header`). */
  next(): Frame | undefined {
    if (this.#ended) return undefined;
    const frame = this.#body?.next(this.maxBytes);
    if (frame?.kind === "too-large" || frame?.kind === "bad-header") this.#end();
    return frame;
  }

  #end(): void {
    this.#ended = true;
    this.#bytes.clear();
  }
}

/**
 * One message a line. All complete lines at hand are decoded and split at once, which is several times as fast as looking
 * for one newline after the other; when something about them is odd they are taken line by line instead.
 */
class LineBody {
  readonly framing = "newline";
  #lines: readonly string[] = NO_LINES;
  #nextLine = 0;
  /** Bytes at the front of the queue that hold complete lines but were not fit to be decoded at once. */
  #oddBytes = 0;
  /** Bytes at the front of the queue that are known to hold no newline. */
  #scanned = 0;

  constructor(readonly bytes: ByteQueue) {}

  next(maxBytes: number): Frame | undefined {
    for (;;) {
      const line = this.#lines[this.#nextLine];
      if (line === undefined) {
        this.#lines = NO_LINES;
        const frame = this.#refill(maxBytes);
        if (frame !== "refilled") return frame;
      } else {
        this.#nextLine++;
        if (line !== "" && line !== "\r") return parse(line);
      }
    }
  }

  #refill(maxBytes: number): Frame | "refilled" | undefined {
    if (this.#oddBytes === 0) {
      const last = this.bytes.lastIndexOf(NEWLINE, this.#scanned);
      if (last < 0) return this.#waitForNewline(maxBytes);
      if (this.#splitBlock(last, maxBytes)) return "refilled";
      this.#oddBytes = last + 1;
    }
    return this.#takeOddLine(maxBytes);
  }

  #waitForNewline(maxBytes: number): Frame | undefined {
    this.#scanned = this.bytes.length;
    const endsInReturn = this.bytes.at(this.#scanned - 1) === RETURN;
    return this.#scanned - (endsInReturn ? 1 : 0) > maxBytes ? { kind: "too-large", maxBytes } : undefined;
  }

  #splitBlock(length: number, maxBytes: number): boolean {
    // With its last newline, since that is mostly all there is; the empty line behind it is passed over.
    const text = length > maxBytes ? null : decode(this.bytes.peek(length + 1));
    if (text === null) return false;
    this.#lines = text.split("\n");
    this.#nextLine = 0;
    this.#take(length + 1);
    return true;
  }

  #takeOddLine(maxBytes: number): Frame | "refilled" {
    const end = this.bytes.indexOf(NEWLINE);
    const length = this.bytes.at(end - 1) === RETURN && end > 0 ? end - 1 : end;
    if (length > maxBytes) return { kind: "too-large", maxBytes };
    const frame = length === 0 ? "refilled" : parseBytes(this.bytes.peek(length));
    this.#oddBytes -= end + 1;
    this.#take(end + 1);
    return frame;
  }

  #take(count: number): void {
    this.bytes.drop(count);
    this.#scanned = 0;
  }
}

/** `Content-Length: N`, other headers, an empty line, N bytes. */
class LengthBody {
  readonly framing = "content-length";
  #headerBytes = 0;
  #scanned = 0;
  #length: number | null = null;
  #inHeader = true;

  constructor(readonly bytes: ByteQueue) {}

  next(maxBytes: number): Frame | undefined {
    while (this.#inHeader) {
      const end = this.bytes.indexOf(NEWLINE, this.#scanned);
      if (this.#headerBytes + (end < 0 ? this.bytes.length : end) > MAX_HEADER_BYTES)
        return badHeader("it is too long");
      if (end < 0) return this.#waitForNewline();
      const fault = this.#readHeader(this.#takeHeaderLine(end));
      if (fault !== null) return badHeader(fault);
    }
    return this.#readContent(this.#length ?? 0, maxBytes);
  }

  #waitForNewline(): undefined {
    this.#scanned = this.bytes.length;
  }

  #takeHeaderLine(end: number): string {
    const line = this.bytes.peek(end).toString("latin1");
    this.bytes.drop(end + 1);
    this.#headerBytes += end + 1;
    this.#scanned = 0;
    return line;
  }

  /** Returns what is wrong with a header line, or null. */
  #readHeader(line: string): string | null {
    if (line === "\r") return this.#endHeader();
    const [, name, value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\r$/.exec(line) ?? [];
    if (name === undefined) return "a header is not of the form `Name: value` followed by \\r\\n";
    if (name.toLowerCase() !== "content-length") return null;
    if (this.#length !== null) return "Content-Length is there twice";
    if (!/^\d{1,15}$/.test(value)) return "Content-Length is not a number of bytes";
    this.#length = Number(value);
    return null;
  }

  #endHeader(): string | null {
    this.#inHeader = false;
    this.#headerBytes = 0;
    return this.#length === null ? "Content-Length is missing" : null;
  }

  #readContent(length: number, maxBytes: number): Frame | undefined {
    if (length > maxBytes) return { kind: "too-large", maxBytes };
    if (this.bytes.length < length) return undefined;
    const frame = parseBytes(this.bytes.peek(length));
    this.bytes.drop(length);
    this.#inHeader = true;
    this.#length = null;
    return frame;
  }
}

function isLetterC(byte: number | undefined): boolean {
  return byte === 0x43 || byte === 0x63;
}

function badHeader(why: string): Frame {
  return { kind: "bad-header", why };
}

/** The text of UTF-8 bytes, or null when they are not. */
function decode(bytes: Buffer): string | null {
  // Pure ASCII, which most traffic is, becomes a one-byte string without a second look at each byte.
  if (isAscii(bytes)) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : null;
}

function parseBytes(bytes: Buffer): Frame {
  const text = decode(bytes);
  return text === null ? { kind: "invalid", why: "The bytes received are not UTF-8." } : parse(text);
}

function parse(text: string): Frame {
  try {
    return { kind: "message", value: keepExactIds(JSON.parse(text), text) };
  } catch {
    return { kind: "invalid", why: "The text received is not JSON." };
  }
}
