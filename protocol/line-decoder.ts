// Bytes -> messages, newline-delimited: one message a line.
import { ByteQueue } from "./byte-queue.js";
import { decode, type Frame, NEWLINE, parse, parseBytes } from "./frame.js";

// Lines that were read are let go at once: one of them can be as large as a frame.
const NO_LINES: readonly string[] = [];
const RETURN = 0x0d;

/**
 * One message a line. All complete lines at hand are decoded and split at once, which is several times as fast as looking
 * for one newline after the other; when something about them is odd they are taken line by line instead.
 */
export class LineDecoder {
  readonly #bytes = new ByteQueue();
  #lines: readonly string[] = NO_LINES;
  #nextLine = 0;
  /** Bytes at the front of the queue that hold complete lines but were not fit to be decoded at once. */
  #oddBytes = 0;
  /** Bytes at the front of the queue that are known to hold no newline. */
  #scanned = 0;

  /** Bytes at hand that no frame was made of yet. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Adds bytes as they arrive; the caller leaves the chunk unchanged afterwards. */
  push(chunk: Buffer): void {
    this.#bytes.append(chunk);
  }

  /** The next frame, or undefined until more bytes arrive. Nothing that can be understood comes after `too-large`. */
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
      const last = this.#bytes.lastIndexOf(NEWLINE, this.#scanned);
      if (last < 0) return this.#waitForNewline(maxBytes);
      if (this.#splitBlock(last, maxBytes)) return "refilled";
      this.#oddBytes = last + 1;
    }
    return this.#takeOddLine(maxBytes);
  }

  #waitForNewline(maxBytes: number): Frame | undefined {
    this.#scanned = this.#bytes.length;
    const endsInReturn = this.#bytes.at(this.#scanned - 1) === RETURN;
    return this.#scanned - (endsInReturn ? 1 : 0) > maxBytes ? { kind: "too-large", maxBytes } : undefined;
  }

  #splitBlock(length: number, maxBytes: number): boolean {
    // With its last newline, since that is mostly all there is; the empty line behind it is passed over.
    const text = length > maxBytes ? null : decode(this.#bytes.peek(length + 1));
    if (text === null) return false;
    // Whoever waits for each answer sends one line at a time.
    this.#lines = text.indexOf("\n") === length ? [text.slice(0, -1)] : text.split("\n");
    this.#nextLine = 0;
    this.#take(length + 1);
    return true;
  }

  #takeOddLine(maxBytes: number): Frame | "refilled" {
    const end = this.#bytes.indexOf(NEWLINE);
    const length = this.#bytes.at(end - 1) === RETURN && end > 0 ? end - 1 : end;
    if (length > maxBytes) return { kind: "too-large", maxBytes };
    const frame = length === 0 ? "refilled" : parseBytes(this.#bytes.peek(length));
    this.#oddBytes -= end + 1;
    this.#take(end + 1);
    return frame;
  }

  #take(count: number): void {
    this.#bytes.drop(count);
    this.#scanned = 0;
  }
}
