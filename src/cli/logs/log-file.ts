// Lines of a file, read in blocks from either end, so that its size does not matter.
import type { FileHandle } from "node:fs/promises";

export interface ReadableFile {
  readonly handle: FileHandle;
  /** It is read as far as that. */
  readonly size: number;
}

/** A line, and the byte at which it begins. */
export interface PlacedLine {
  readonly text: string;
  readonly byte: number;
}

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Blocks from a byte on to the end. */
export async function* blocksOf({ handle, size }: ReadableFile, fromByte: number): AsyncGenerator<Buffer> {
  for (let byte = fromByte; byte < size; byte += BLOCK_BYTES) {
    yield await readBlock(handle, byte, Math.min(size, byte + BLOCK_BYTES));
  }
}

/**
 * Hands on the lines of blocks, in batches; the end ends a line, unless the file is growing. Resolves with how many bytes
 * that were.
 */
export async function linesOf(
  blocks: AsyncIterable<Buffer>,
  { isGrowing }: { readonly isGrowing: boolean },
  take: (lines: readonly string[]) => void,
): Promise<number> {
  let held: Buffer[] = [];
  let taken = 0;
  const takeHeld = (): void => {
    const whole = Buffer.concat(held);
    held = [];
    taken += whole.length;
    if (whole.length > 0) take(whole.toString("utf8").replace(/\n$/, "").split("\n"));
  };
  for await (const block of blocks) {
    const cut = block.lastIndexOf(NEWLINE) + 1;
    if (cut === 0) held.push(block);
    else {
      held.push(block.subarray(0, cut));
      takeHeld();
      held.push(block.subarray(cut));
    }
  }
  if (!isGrowing) takeHeld();
  return taken;
}

/** The lines from the last to the first. */
export async function* linesBackwards({ handle, size }: ReadableFile): AsyncGenerator<PlacedLine> {
  /** What follows in the line of which the beginning has not been found yet. */
  let rest: Buffer[] = [];
  let isLast = true;
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - BLOCK_BYTES);
    const block = await readBlock(handle, begin, end);
    let lineEnd = block.length;
    for (let at = block.lastIndexOf(NEWLINE); at !== -1; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
      const text = Buffer.concat([block.subarray(at + 1, lineEnd), ...rest]).toString("utf8");
      // The newline at the very end begins no line.
      if (!isLast || text !== "") yield { text, byte: begin + at + 1 };
      rest = [];
      isLast = false;
      lineEnd = at;
    }
    rest.unshift(block.subarray(0, lineEnd));
    end = begin;
  }
  if (size > 0) yield { text: Buffer.concat(rest).toString("utf8"), byte: 0 };
}

async function readBlock(handle: FileHandle, begin: number, end: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - begin), 0, end - begin, begin);
  return buffer.subarray(0, bytesRead);
}
