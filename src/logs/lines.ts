// Bytes into lines: whole lines come out as soon as their newline is there, and no character is cut at a border.

const NEWLINE = 0x0a;

/** A longer line comes out in pieces, whoever reads it. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** Collects chunks of a byte stream and gives out its lines, without their newlines. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** A longer line comes out in pieces of at least this size, so that a program that never ends a line costs no more memory. */
  constructor(options: { readonly maxLineBytes: number }) {
    this.#maxLineBytes = options.maxLineBytes;
  }

  /** Takes the next bytes, returns the lines they complete. */
  push(chunk: Buffer): string[] {
    const newline = chunk.lastIndexOf(NEWLINE);
    if (newline === -1) return this.#hold(chunk);
    const whole = Buffer.concat([...this.#held, chunk.subarray(0, newline)]);
    this.#release();
    return [...decodeText(whole).split("\n"), ...this.#hold(chunk.subarray(newline + 1))];
  }

  /** Bytes held of an unfinished line. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Returns what is held of an unfinished line, if anything is. */
  flush(): string[] {
    if (this.#heldBytes === 0) return [];
    const rest = Buffer.concat(this.#held);
    this.#release();
    return [decodeText(rest)];
  }

  #hold(chunk: Buffer): string[] {
    if (chunk.length === 0) return [];
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    return this.#heldBytes < this.#maxLineBytes ? [] : this.#piece();
  }

  #piece(): string[] {
    const held = Buffer.concat(this.#held);
    const end = held.length - unfinishedCharacterBytes(held);
    this.#release();
    this.#hold(held.subarray(end));
    return [decodeText(held.subarray(0, end))];
  }

  #release(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** Text as the program wrote it; bytes that are no UTF-8 become U+FFFD. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString("utf8");
}

/** The bytes from the first character that begins in them: a cut may leave up to three bytes of the one before. */
export function fromWholeCharacter(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && start < bytes.length && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start);
}

/** How many bytes at the end belong to a character that is not whole yet: 0 to 3. */
export function unfinishedCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (!isContinuation(byte)) return characterBytes(byte) > back ? back : 0;
  }
  return 0;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Length of a character by its first byte. */
function characterBytes(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}
