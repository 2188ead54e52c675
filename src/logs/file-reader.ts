// One file of a log, read forwards, and the place reached in it.
import type { FileHandle } from "node:fs/promises";
import { isContinued } from "./backups.js";
import { openLog } from "./open-log.js";
import { readAt } from "./read-at.js";

const BLOCK_BYTES = 64 * 1024;

export class FileReader {
  readonly ino: number;
  /** Whether the next file goes on in the middle of the last line of this one. */
  readonly isContinued: boolean;
  /** A backup: it grows no more, and whatever took its place in the row of backups came after it. */
  readonly isBackup: boolean;
  readonly #handle: FileHandle;
  #position: number;
  #size: number;

  private constructor(
    handle: FileHandle,
    stats: { readonly ino: number; readonly mode: number; readonly size: number },
    place: { readonly fromByte: number; readonly isBackup: boolean },
  ) {
    this.#handle = handle;
    this.ino = stats.ino;
    this.isContinued = isContinued(stats.mode);
    this.isBackup = place.isBackup;
    this.#position = place.fromByte;
    this.#size = stats.size;
  }

  /** Rejects as `openLog` does. */
  static async open(
    path: string,
    place: { readonly fromByte: number; readonly isBackup: boolean },
  ): Promise<FileReader> {
    const handle = await openLog(path);
    return new FileReader(handle, await handle.stat(), place);
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#position;
  }

  /** Begins again at the first byte. */
  rewind(): void {
    this.#position = 0;
  }

  /** Looks how long the file is by now: as far as that it is read, so a fast writer can't keep a reader for ever. */
  async measure(): Promise<number> {
    this.#size = (await this.#handle.stat()).size;
    return this.#size;
  }

  /** The next bytes; none when all that was measured has been read, or was cut off since. */
  async read(): Promise<Buffer> {
    const length = Math.max(0, Math.min(BLOCK_BYTES, this.#size - this.#position));
    const bytes = await readAt(this.#handle, this.#position, length);
    this.#position += bytes.length;
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
