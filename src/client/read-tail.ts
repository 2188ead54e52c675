// The last lines of a log file, read backwards from its end so that its size does not matter.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export interface TailOptions {
  readonly lines: number;
  /** Bytes looked at, from the end; defaults to 1 MiB. */
  readonly maxBytes?: number | undefined;
}

const MAX_BYTES = 1_048_576;

/** The last lines of a file; none when it does not exist. A line that begins before `maxBytes` is left out. */
export function readTail(file: string, { lines, maxBytes = MAX_BYTES }: TailOptions): string[] {
  const { text, isWhole } = readEnd(file, maxBytes);
  const all = text.split("\n");
  const complete = isWhole ? all : all.slice(1);
  if (complete.at(-1) === "") complete.pop();
  return lines === 0 ? [] : complete.slice(-lines);
}

function readEnd(file: string, maxBytes: number): { readonly text: string; readonly isWhole: boolean } {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { text: "", isWhole: true };
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(0, size - maxBytes);
    const bytes = Buffer.alloc(size - start);
    const count = readSync(descriptor, bytes, 0, bytes.length, start);
    return { text: bytes.subarray(0, count).toString("utf8"), isWhole: start === 0 };
  } finally {
    closeSync(descriptor);
  }
}
