// What people and programs want of a log that grows: its lines, or the first appearance of a text.
import type { Followed } from "./follower.js";
import { LineSplitter } from "./lines.js";

const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Whole lines in batches, the first of them begun by `unfinished`. A last line without newline is held until it is
 * finished, or until it breaks off or the following ends. Lines of over 1 MiB come in pieces.
 */
export async function* wholeLines(
  following: AsyncIterable<Followed>,
  { unfinished }: { readonly unfinished: Buffer },
): AsyncGenerator<string[], void, void> {
  const splitter = new LineSplitter({ maxLineBytes: MAX_LINE_BYTES });
  const begun = splitter.push(unfinished);
  if (begun.length > 0) yield begun;
  for await (const followed of following) {
    const lines = followed.kind === "bytes" ? splitter.push(followed.bytes) : splitter.flush();
    if (lines.length > 0) yield lines;
  }
  const rest = splitter.flush();
  if (rest.length > 0) yield rest;
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
