// One winston-daily-rotate-file transport, tamed: stable names, backups that stay bounded, errors that reach us.
//
// What the library does of its own: it goes on in `daemon.1.log`, `daemon.2.log` and so on when a file is full, so the
// current name changes; it knows what to remove only from an audit file, which a full disk truncates, after which it
// removes nothing; and an error of its inner stream is uncaught, then silent. So it decides when to rotate and writes the
// bytes; the names and the backups are ours (log-rotation.ts), without an audit file.
import { rmSync } from "node:fs";
import { parse } from "node:path";
import RotatingTransport from "winston-daily-rotate-file/daily-rotate-file.js";
import {
  addOpeningName,
  cutTornLine,
  fileSize,
  firstOpeningName,
  LOG_MODE,
  removeOpeningNames,
  shiftBackups,
} from "./log-rotation.js";

export interface LogLimits {
  /** Absolute path of the current file; its name has an extension. */
  readonly file: string;
  /** Size after which a file is rotated, in bytes, counted in whole KiB; the line that reaches it may exceed it. */
  readonly maxBytes: number;
  /** Backups kept beside the current file. */
  readonly maxFiles: number;
}

export interface RotatingFileOptions extends LogLimits {
  /** Called when the file can no longer be written; nothing is written through this transport afterwards. */
  readonly onError: (error: Error) => void;
}

/** A log file that is open for appending. Opening passes the file system's errors through. */
export class RotatingFile {
  readonly transport: RotatingTransport;
  readonly #options: RotatingFileOptions;
  /** Second names of files, kept until every stream has opened its own. */
  #openingNames: string[];
  #unopened = 1;
  #unclosed = 1;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    makeRoom(options);
    this.#openingNames = [firstOpeningName(options.file)];
    addOpeningName(options.file, firstOpeningName(options.file));
    this.transport = new RotatingTransport(transportOptions(options));
    this.transport.on("rotate", (_full: string, next: string) => this.#rotated(next));
    const stream = this.transport.logStream;
    stream.on("error", options.onError);
    stream.on("open", () => this.#opened());
    stream.on("close", () => {
      this.#unclosed -= 1;
    });
  }

  /** Ends the file; resolves when everything is written, or has failed, and every descriptor is closed. */
  async close(): Promise<void> {
    this.transport.close();
    // A file that was rotated a moment ago may still be flushing beside the current one.
    while (this.#unclosed > 0) await new Promise<void>((resolve) => this.transport.logStream.once("close", resolve));
  }

  /** Runs before the library's new stream opens its file, which it does in a later turn. */
  #rotated(openingName: string): void {
    const { file, maxFiles, onError } = this.#options;
    this.#unopened += 1;
    this.#unclosed += 1;
    try {
      shiftBackups(file, maxFiles);
      addOpeningName(file, openingName);
      this.#openingNames.push(openingName);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Files may open in any order, so the second names go when all are open. */
  #opened(): void {
    this.#unopened -= 1;
    if (this.#unopened > 0) return;
    for (const name of this.#openingNames) rmSync(name, { force: true });
    this.#openingNames = [];
  }
}

/** Leaves a file that can be appended to: made of whole lines, below its limit, without what a crash left beside it. */
export function makeRoom({ file, maxBytes, maxFiles }: LogLimits): void {
  removeOpeningNames(file);
  cutTornLine(file);
  // Measured as the library does, or it would start on a file that has no stable name.
  if (fileSize(file) >= wholeKiB(maxBytes) * 1024) shiftBackups(file, maxFiles);
}

function transportOptions({ file, maxBytes }: LogLimits) {
  const { dir, name, ext } = parse(firstOpeningName(file));
  return {
    dirname: dir,
    filename: name,
    extension: ext,
    maxSize: `${wholeKiB(maxBytes)}k`,
    // Any word that is no frequency turns rotation by date off.
    frequency: "none",
    // Never written as long as maxFiles is left out; naming it spares the library a hash of its options.
    auditFile: "unused",
    eol: "\n",
    options: { flags: "a", mode: LOG_MODE },
  };
}

function wholeKiB(bytes: number): number {
  return Math.max(1, Math.floor(bytes / 1024));
}
