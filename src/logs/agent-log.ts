// The log of an agent: opened for each session, rotated then.
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { addBackup, backupPath } from "./backups.js";
import { Log } from "./log.js";

/** What a log may come to. */
export interface LogLimits {
  /** A larger log is rotated, in bytes. */
  readonly maxBytes: number;
  /** Backups kept beside the current file; 0 keeps none. */
  readonly maxFiles: number;
}

/** A log that was rotated. */
export interface Rotated {
  readonly file: string;
  /** Where the newest of what it held is now, if backups are kept. */
  readonly backup: string;
}

/** A log that is ready to be appended to by a new session. */
export interface OpenedLog {
  readonly path: string;
  /** Where this session's output begins: the size of the file, in bytes. */
  readonly fromByte: number;
  readonly rotated: Rotated | null;
}

export interface AgentLogOptions {
  /** Asked at each rotation: configuration may be read again. */
  readonly limits: () => LogLimits;
}

export class AgentLog extends Log {
  readonly #options: AgentLogOptions;

  /** Made by AgentLogs, once for each path. */
  constructor(path: string, options: AgentLogOptions) {
    super(path);
    this.#options = options;
  }

  /**
   * Prepares the log for a session: rotates it by a rename if it is over its limit, and creates it (0600) if there is
   * none. Rejects with the system's error.
   */
  open(): Promise<OpenedLog> {
    return this.take(async () => {
      const size = sizeOf(this.path);
      if (size === null) await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      const { maxBytes, maxFiles } = this.#options.limits();
      const isOver = size !== null && size > maxBytes;
      if (isOver) await addBackup(this.path, this.path, { maxFiles });
      return { path: this.path, fromByte: createIfMissing(this.path), rotated: isOver ? this.#rotated() : null };
    });
  }

  #rotated(): Rotated {
    return { file: this.path, backup: backupPath(this.path, 1) };
  }
}

// These two are synchronous: they are on the way from a crash to the respawn, where each turn through the thread pool counts.
function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function createIfMissing(path: string): number {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}
