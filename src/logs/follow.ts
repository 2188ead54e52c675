// Follows a log as it grows: its lines, or the first appearance of a text.
import { type FollowOptions, followBytes } from "./follow-bytes.js";
import { LineSplitter } from "./lines.js";

/**
 * Gives the whole lines of a log from `fromByte` on, in batches, as they are written. A last line without newline is held
 * until it is finished, or until its file or the following ends. When the file is renamed away, the rest of it comes
 * before the first line of its successor. Lines of over 1 MiB come in pieces. Rejects with the system's error.
 */
export async function* followFile(path: string, options: FollowOptions): AsyncGenerator<string[], void, void> {
  const splitter = new LineSplitter({ maxLineBytes: MAX_LINE_BYTES });
  for await (const followed of followBytes(path, options)) {
    const lines = followed.kind === "bytes" ? splitter.push(followed.bytes) : splitter.flush();
    if (lines.length > 0) yield lines;
  }
  const rest = splitter.flush();
  if (rest.length > 0) yield rest;
}

/**
 * Resolves as soon as `text` stands in the file after `fromByte`, in a finished line or not. Rejects with the signal's
 * reason when it aborts first, or with the system's error.
 */
export async function waitForText(path: string, options: FollowOptions & { readonly text: string }): Promise<void> {
  const wanted = Buffer.from(options.text);
  let seen = Buffer.alloc(0);
  for await (const followed of followBytes(path, options)) {
    if (options.signal.aborted) break;
    seen = followed.kind === "bytes" ? Buffer.concat([seen, followed.bytes]) : Buffer.alloc(0);
    if (seen.includes(wanted)) return;
    // The text may be split between this read and the next.
    seen = seen.subarray(Math.max(0, seen.length - wanted.length + 1));
  }
  throw options.signal.reason;
}

const MAX_LINE_BYTES = 1024 * 1024;
