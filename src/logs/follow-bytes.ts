// The bytes of a file as it grows, whichever file stands at its path.
import { type FileHandle, open, stat } from "node:fs/promises";
import { FileEvents } from "./file-events.js";

export interface FollowOptions {
  /** Offset of the first byte wanted; a file that is shorter is read from its beginning. */
  readonly fromByte: number;
  /** Ends the following. What the file holds at that moment still comes; leave the loop to go without it. */
  readonly signal: AbortSignal;
}

/** Bytes in order, and a break where another file (or the same one, emptied) begins. */
export type Followed = { readonly kind: "bytes"; readonly bytes: Buffer } | { readonly kind: "break" };

/**
 * Follows a path across renames and truncations. Reads only when asked for more, so a slow consumer costs no memory. A
 * file that is not there is waited for. Rejects with the system's error.
 */
export async function* followBytes(
  path: string,
  { fromByte, signal }: FollowOptions,
): AsyncGenerator<Followed, void, void> {
  const events = new FileEvents(path, signal);
  let reader: FileReader | null = null;
  try {
    reader = await openWatched(path, { events, fromByte });
    while (true) {
      // Asked before reading, so that all that was written before the signal is read.
      const ending = signal.aborted;
      if (reader !== null) yield* reader.unread();
      if (ending) return;
      const next = (await isAt(path, reader)) ? null : await openWatched(path, { events, fromByte: 0 });
      if (next === null) {
        await events.next();
        continue;
      }
      if (reader !== null) yield* lastOf(reader);
      reader = next;
    }
  } finally {
    events.close();
    await reader?.close();
  }
}

const BLOCK_BYTES = 64 * 1024;

/** What was written between the last read and the rename. */
async function* lastOf(reader: FileReader): AsyncGenerator<Followed, void, void> {
  yield* reader.unread();
  yield { kind: "break" };
  await reader.close();
}

/** Opens the file at a path with a watch on it; null when there is none, with a watch on its directory. */
async function openWatched(
  path: string,
  { events, fromByte }: { readonly events: FileEvents; readonly fromByte: number },
): Promise<FileReader | null> {
  try {
    while (true) {
      const { ino } = await stat(path);
      events.watchFile();
      const reader = await FileReader.open(path, fromByte);
      if (reader.ino === ino) return reader;
      // Rotated between the two: the watch may be on the old file.
      await reader.close();
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
    events.watchDirectory();
    return null;
  }
}

async function isAt(path: string, reader: FileReader | null): Promise<boolean> {
  if (reader === null) return false;
  try {
    return (await stat(path)).ino === reader.ino;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

class FileReader {
  readonly ino: number;
  readonly #handle: FileHandle;
  #position: number;

  private constructor(handle: FileHandle, ino: number, fromByte: number) {
    this.#handle = handle;
    this.ino = ino;
    this.#position = fromByte;
  }

  static async open(path: string, fromByte: number): Promise<FileReader> {
    const handle = await open(path, "r");
    return new FileReader(handle, (await handle.stat()).ino, fromByte);
  }

  /** What the file holds now and was not read yet. It ends even if the writer is faster than the reader. */
  async *unread(): AsyncGenerator<Followed, void, void> {
    const { size } = await this.#handle.stat();
    if (size < this.#position) {
      this.#position = 0;
      yield { kind: "break" };
    }
    while (this.#position < size) {
      const bytes = await this.#read(Math.min(BLOCK_BYTES, size - this.#position));
      // Truncated since its size was asked for.
      if (bytes.length === 0) return;
      yield { kind: "bytes", bytes };
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #read(length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(length), 0, length, this.#position);
    this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}
