// Bytes -> messages in the Language Server Protocol's base framing: `Content-Length: N`, other headers, an empty line, N bytes.
import { isAscii } from "node:buffer";
import { ByteQueue } from "./byte-queue.js";
import { type Frame, NEWLINE, parse, parseBytes } from "./frame.js";

const MAX_HEADER_BYTES = 4_096;
/** So many bytes are looked at together: about what one read brings. */
const BLOCK_BYTES = 64 * 1024;
/** The header that everybody sends. */
const USUAL_HEADER = /Content-Length: (\d{1,15})\r\n\r\n/y;

/**
 * The bytes at hand are made into text once, in which frames with the usual header that are there as a whole are found
 * without looking at single bytes; any other frame is taken from the bytes, line by line.
 */
export class ContentDecoder {
  readonly #bytes = new ByteQueue();
  /** What the queue began with when it was looked at, in Latin-1: a character for each byte. */
  #block = "";
  /** Where in the block the queue begins now. */
  #place = 0;
  #isAscii = false;
  #headerBytes = 0;
  #scanned = 0;
  #length: number | null = null;
  #inHeader = true;

  /** Bytes at hand that no frame was made of yet. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Adds bytes as they arrive; the caller leaves the chunk unchanged afterwards. */
  push(chunk: Buffer): void {
    this.#bytes.append(chunk);
  }

  /** The next frame, or undefined until more bytes arrive. Nothing that can be understood comes after `too-large` and `bad-header`. */
  next(maxBytes: number): Frame | undefined {
    if (this.#bytes.length === 0) return undefined;
    const isBetweenFrames = this.#inHeader && this.#headerBytes === 0 && this.#scanned === 0;
    return (isBetweenFrames ? this.#nextInBlock(maxBytes) : null) ?? this.#nextByLines(maxBytes);
  }

  /** Null when the frame is not there as a whole, is too large, or has another header. */
  #nextInBlock(maxBytes: number): Frame | null {
    if (this.#place === this.#block.length) this.#look();
    USUAL_HEADER.lastIndex = this.#place;
    const length = Number(USUAL_HEADER.exec(this.#block)?.[1]);
    const start = USUAL_HEADER.lastIndex;
    const end = start + length;
    // Also when there was no header: then the length is not a number.
    if (!(end <= this.#block.length && length <= maxBytes)) return null;
    const header = start - this.#place;
    if (this.#isAscii) {
      const frame = parse(this.#block.slice(start, end));
      this.#take(header + length);
      return frame;
    }
    this.#take(header);
    return this.#takeContent(length);
  }

  #look(): void {
    const bytes = this.#bytes.peek(Math.min(this.#bytes.length, BLOCK_BYTES));
    this.#block = bytes.toString("latin1");
    this.#isAscii = isAscii(bytes);
    this.#place = 0;
  }

  #nextByLines(maxBytes: number): Frame | undefined {
    while (this.#inHeader) {
      const end = this.#bytes.indexOf(NEWLINE, this.#scanned);
      if (this.#headerBytes + (end < 0 ? this.#bytes.length : end) > MAX_HEADER_BYTES)
        return badHeader("it is too long");
      if (end < 0) return this.#waitForNewline();
      const fault = this.#readHeader(this.#takeHeaderLine(end));
      if (fault !== null) return badHeader(fault);
    }
    return this.#readContent(this.#length ?? 0, maxBytes);
  }

  #waitForNewline(): undefined {
    this.#scanned = this.#bytes.length;
  }

  #takeHeaderLine(end: number): string {
    const line = this.#bytes.peek(end).toString("latin1");
    this.#take(end + 1);
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
    if (this.#bytes.length < length) return undefined;
    this.#inHeader = true;
    this.#length = null;
    return this.#takeContent(length);
  }

  #takeContent(length: number): Frame {
    const frame = parseBytes(this.#bytes.peek(length));
    this.#take(length);
    return frame;
  }

  #take(count: number): void {
    this.#bytes.drop(count);
    this.#place += count;
    // A block that was read is let go at once.
    if (this.#place < this.#block.length) return;
    this.#block = "";
    this.#place = 0;
  }
}

function badHeader(why: string): Frame {
  return { kind: "bad-header", why };
}
