// Copies a log that is being written to into files that become its backups.
import { type FileHandle, open, rm } from "node:fs/promises";
import { COPIED_MODE } from "./backups.js";
import { readAt } from "./read-at.js";
import { RotationError } from "./rotation-error.js";
import { type Piece, piecePath } from "./rotation-record.js";

/** Read and written at a time: little enough to be called off between two, enough to copy as fast as the disk goes. */
const BLOCK_BYTES = 1024 * 1024;
/** A piece ends with a line if one ends within this reach, in bytes. */
const REACH_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface PieceLimits {
  readonly maxPieces: number;
  readonly maxPieceBytes: number;
}

/**
 * How a log is to be cut up for its limits. A piece may be a quarter over the limit, as the log itself was when it was
 * found to be over it: otherwise each rotation would make one full backup and one crumb. Where no backups are wanted,
 * the very end is still copied, for those who follow.
 */
export function pieceLimits({
  maxBytes,
  maxFiles,
}: {
  readonly maxBytes: number;
  readonly maxFiles: number;
}): PieceLimits {
  if (maxFiles === 0) return { maxPieces: 1, maxPieceBytes: Math.min(maxBytes, BLOCK_BYTES) };
  return { maxPieces: maxFiles, maxPieceBytes: Math.ceil(maxBytes * 1.25) };
}

interface PiecesOptions extends PieceLimits {
  /** The log, opened for reading. */
  readonly source: FileHandle;
  readonly directory: string;
  /** Called before a piece is begun, with the number of pieces there will be. */
  makeRoom(pieces: number): Promise<void>;
  readonly signal: AbortSignal;
}

/** The copy of a log up to a position, in pieces: the newest of it, as much as the limits let stay. */
export class Pieces {
  readonly #options: PiecesOptions;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  readonly #all: Piece[] = [];
  /** The piece that is being written, which is the last of all. */
  #last: { readonly handle: FileHandle; size: number } | null = null;
  #position = 0;

  constructor(options: PiecesOptions) {
    this.#options = options;
  }

  /** Offset in the log up to which it is copied. */
  get position(): number {
    return this.#position;
  }

  /**
   * Copies on, up to an offset that the log has reached. Rejects with the signal's reason between two blocks, with a
   * RotationError when the log is shorter, or with the system's error.
   */
  async copyTo(end: number): Promise<void> {
    while (this.#position < end) {
      this.#options.signal.throwIfAborted();
      this.#last ??= await this.#begin();
      await this.#copyBlock(this.#last, end);
      if (this.#last.size === this.#options.maxPieceBytes) await this.#finish(this.#last);
    }
  }

  /**
   * Leaves out what could not stay if everything up to an offset were copied: of a log that grew by more than all pieces
   * hold, only the newest is copied. Rejects with the system's error.
   */
  async skipTo(end: number): Promise<void> {
    const { maxPieces, maxPieceBytes, makeRoom } = this.#options;
    const start = end - maxPieces * maxPieceBytes;
    if (start <= this.#position) return;
    await this.close();
    await this.#dropAllBut(0);
    await makeRoom(maxPieces);
    this.#position = await this.#lineStart(start);
  }

  async close(): Promise<void> {
    await this.#last?.handle.close();
    this.#last = null;
  }

  async #begin(): Promise<{ readonly handle: FileHandle; size: number }> {
    const { maxPieces, directory, makeRoom } = this.#options;
    await this.#dropAllBut(maxPieces - 1);
    // Room first, so that backups and pieces together are never more than the backups may be.
    await makeRoom(this.#all.length + 1);
    const piece = { path: piecePath(directory, this.#position), fromByte: this.#position };
    const handle = await open(piece.path, "wx+", COPIED_MODE);
    this.#all.push(piece);
    return { handle, size: 0 };
  }

  /** The oldest pieces are rotated out before they ever were backups. */
  async #dropAllBut(count: number): Promise<void> {
    const surplus = this.#all.splice(0, Math.max(0, this.#all.length - count));
    for (const { path } of surplus) await rm(path);
  }

  async #copyBlock(piece: { readonly handle: FileHandle; size: number }, end: number): Promise<void> {
    const length = Math.min(BLOCK_BYTES, end - this.#position, this.#options.maxPieceBytes - piece.size);
    const { bytesRead } = await this.#options.source.read(this.#block, 0, length, this.#position);
    if (bytesRead === 0) throw new RotationError("emptied", "somebody else emptied the log while it was copied");
    await piece.handle.writeFile(this.#block.subarray(0, bytesRead));
    piece.size += bytesRead;
    this.#position += bytesRead;
  }

  /** Cuts a torn last line off a full piece: the next begins with it. */
  async #finish({ handle, size }: { readonly handle: FileHandle; readonly size: number }): Promise<void> {
    const length = Math.min(REACH_BYTES, size);
    const end = await readAt(handle, size - length, length);
    const torn = length - (end.lastIndexOf(NEWLINE) + 1);
    if (torn > 0 && torn < length) {
      await handle.truncate(size - torn);
      this.#position -= torn;
    }
    await this.close();
  }

  /** The first start of a line from an offset on, or the offset itself when there is none within reach. */
  async #lineStart(offset: number): Promise<number> {
    const before = offset - 1;
    const reach = Math.min(REACH_BYTES, this.#options.maxPieceBytes);
    const newline = (await readAt(this.#options.source, before, reach)).indexOf(NEWLINE);
    return newline === -1 ? offset : before + newline + 1;
  }
}
