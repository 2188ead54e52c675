// What people and programs want of a log that grows: its lines, or the first appearance of a text.
import type { LogPlace } from "../../protocol/log-place.js";
import type { Followed } from "./follower.js";
import { LineSplitter, MAX_LINE_BYTES } from "./lines.js";

/** Whole lines that came together. */
export interface Lines {
  readonly lines: readonly string[];
  /** Where the next begins; not before its file, if it began in the one before. */
  readonly end: LogPlace;
}

/**
 * Whole lines in batches, the first of them begun by `unfinished`. A last line without newline is held until it is
 * finished, or until it breaks off or the following ends. Lines of over 1 MiB come in pieces.
 */
export async function* wholeLines(
  following: AsyncIterable<Followed>,
  { unfinished, end: begin }: { readonly unfinished: Buffer; readonly end: LogPlace },
): AsyncGenerator<Lines, void, void> {
  const splitter = new LineSplitter({ maxLineBytes: MAX_LINE_BYTES });
  let read = { ...begin, byte: begin.byte + unfinished.length };
  const end = (): LogPlace => ({ ino: read.ino, byte: Math.max(0, read.byte - splitter.heldBytes) });
  const begun = splitter.push(unfinished);
  if (begun.length > 0) yield { lines: begun, end: end() };
  for await (const followed of following) {
    if (followed.kind === "bytes") read = followed.end;
    const lines = followed.kind === "bytes" ? splitter.push(followed.bytes) : splitter.flush();
    if (lines.length > 0) yield { lines, end: end() };
  }
  const rest = splitter.flush();
  if (rest.length > 0) yield { lines: rest, end: end() };
}

/** Resolves as soon as the text is there, in a finished line or not. Rejects with the signal's reason when that aborts first. */
export async function untilText(
  following: AsyncIterable<Followed>,
  { text, signal }: { readonly text: string; readonly signal: AbortSignal },
): Promise<void> {
  const wanted = Buffer.from(text);
  let seen = Buffer.alloc(0);
  for await (const followed of following) {
    if (signal.aborted) break;
    seen = followed.kind === "bytes" ? Buffer.concat([seen, followed.bytes]) : Buffer.alloc(0);
    if (seen.includes(wanted)) return;
    // The text may be split between this read and the next.
    seen = seen.subarray(Math.max(0, seen.length - wanted.length + 1));
  }
  throw signal.reason;
}
