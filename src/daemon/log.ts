// The daemon's own log: lines of JSON in `daemon.log`, bounded by rotation, which survives a full disk.
//
// winston and winston-daily-rotate-file write it, but nothing outside this file and rotating-file.ts knows. Their inner
// modules are imported one by one, since winston's index loads every transport there is.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import type { Logger } from "winston";
import createLogger from "winston/lib/winston/create-logger.js";
import { makeDirectories } from "../make-directories.js";
import { type LogFields, type LogLevel, logLine } from "./log-line.js";
import { keepAside, LOG_MODE } from "./log-rotation.js";
import { type LogLimits, makeRoom, RotatingFile } from "./rotating-file.js";

/** `file` is `.../daemon.log`; its backups are `daemon.log.1` (newest) and up. */
export interface DaemonLogOptions extends LogLimits {
  /** The time, in unix milliseconds. */
  readonly now: () => number;
  /** Gets every line as well: the terminal of a daemon in the foreground. */
  readonly mirror?: Writable;
  /** Pause before a log that failed is tried again, in milliseconds; 5 s unless told. */
  readonly retryMs?: number;
  /** The file can't be written, say because the disk is full; entries are lost until `onRecovered`. */
  readonly onFailing?: (error: Error) => void;
  /** The file takes entries again; it tells how many were lost. */
  readonly onRecovered?: () => void;
}

/** Where the daemon writes what it does. No call throws or waits, and after `close` they do nothing. */
export interface DaemonLog {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /**
   * Goes on in a new file where somebody deleted the one that is open; true when there was something to do.
   * @throws when the file can't be made
   */
  restore(): boolean;
  /** Resolves when everything that can be written is in the file. */
  close(): Promise<void>;
}

/**
 * Opens the log, going on where an earlier daemon left off.
 * @throws when the directory or file cannot be used, or its path holds one of `"<>|`, which the library refuses.
 */
export function openDaemonLog(options: DaemonLogOptions): DaemonLog {
  return new RotatingLog(options);
}

const DEFAULT_RETRY_MS = 5_000;

/** The property from which winston's transports take the formatted line. */
const MESSAGE = Symbol.for("message");

class RotatingLog implements DaemonLog {
  readonly #options: DaemonLogOptions;
  readonly #logger: Logger;
  /** Null while the file can't be written. */
  #file: RotatingFile | null = null;
  #lost = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #retrying: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;

  constructor(options: DaemonLogOptions) {
    this.#options = options;
    this.#logger = createLogger({ format: { transform: (entry) => entry } });
    // A terminal that went away takes nothing with it: the file has every line.
    options.mirror?.on("error", () => {});
    const keptAs = this.#keepAside();
    this.#open();
    if (keptAs !== null) this.warn("what stood in the place of this log is no file", { keptAs });
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  restore(): boolean {
    const { file } = this.#options;
    if (this.#closed !== null || existsSync(file)) return false;
    makeDirectories(dirname(file), 0o700);
    const deleted = this.#file;
    // One that can't be written is tried again anyway.
    if (deleted === null) return false;
    this.#open();
    this.#logger.remove(deleted.transport);
    this.#retrying = this.#retrying.then(() => deleted.close());
    return true;
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    if (this.#closed !== null) return;
    const line = logLine(this.#options.now(), level, message, fields);
    this.#options.mirror?.write(`${line}\n`);
    if (this.#file === null) this.#lost += 1;
    else this.#logger.write({ level, message, [MESSAGE]: line });
  }

  #open(): void {
    const { file, maxBytes, maxFiles } = this.#options;
    const opened: RotatingFile = new RotatingFile({
      file,
      maxBytes,
      maxFiles,
      onError: (error) => this.#fail(opened, error),
    });
    this.#logger.add(opened.transport);
    this.#file = opened;
  }

  #keepAside(): string | null {
    return keepAside(this.#options.file, new Date(this.#options.now()));
  }

  /** After an error the library drops everything it is given, so its transport is taken out and later replaced. */
  #fail(file: RotatingFile, error: Error): void {
    if (file !== this.#file) return;
    this.#file = null;
    this.#lost = 0;
    this.#logger.remove(file.transport);
    // What it still flushes must not meet what the next attempt cuts and appends.
    this.#retrying = file.close();
    this.#options.onFailing?.(error);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed !== null) return;
    const retry = () => {
      this.#retrying = this.#retrying.then(() => this.#retry());
    };
    this.#retryTimer = setTimeout(retry, this.#options.retryMs ?? DEFAULT_RETRY_MS).unref();
  }

  /** The notice of what was lost is also the test whether the file takes anything. */
  async #retry(): Promise<void> {
    try {
      this.#keepAside();
      makeRoom(this.#options);
      await appendFile(this.#options.file, this.#lossNotice(), { mode: LOG_MODE });
      this.#open();
      this.#options.onRecovered?.();
    } catch {
      this.#retryLater();
    }
  }

  /** What the library had not written when the file failed is lost too, uncounted. */
  #lossNotice(): string {
    const message = "entries are missing before this one, because the log could not be written";
    return `${logLine(this.#options.now(), "warn", message, { atLeast: this.#lost })}\n`;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#retryTimer);
    await this.#retrying;
    const finished = once(this.#logger, "finish");
    this.#logger.end();
    await finished;
    await this.#file?.close();
  }
}
