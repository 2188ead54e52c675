// The log of an agent: opened for each session, rotated then or while a session writes to it.
import { closeSync, constants, existsSync, fstatSync, openSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { addBackup, backupPath } from "./backups.js";
import { Log } from "./log.js";
import { type LogLimits, rotateWritten } from "./rotation.js";
import { RotationRecord } from "./rotation-record.js";
import { settle, wasEmptied } from "./settle.js";
import type { Held, HoldStill } from "./stillness.js";
import type { Turns } from "./turns.js";

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
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Shared by all logs: one is rotated at a time, so that copying leaves room for everything else. */
  readonly rotations: Turns;
}

export class AgentLog extends Log {
  readonly #options: AgentLogOptions;
  /** Calls off the rotation that is under way; most logs never see one. */
  #calledOff: AbortController | null = null;
  #rotating: Promise<Rotated | null> | null = null;
  /** A rotation could be neither finished nor undone, and is to be before anything else happens to the log. */
  #unsettled = false;

  /** Made by AgentLogs, once for each path. */
  constructor(path: string, options: AgentLogOptions) {
    super(path);
    this.#options = options;
  }

  /**
   * Size of the current file in bytes, null when there is none; a milestone of what is known of its times. Synchronous,
   * since it is on the way from a crash to the respawn, and asked of all logs at each heartbeat.
   */
  sizeNow(): number | null {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? null;
    if (size !== null) this.milestones.note(this.#options.now(), size);
    return size;
  }

  /**
   * Prepares the log for a session: rotates it by a rename if it is over its limit, and creates it (0600) if there is
   * none. A rotation under way is called off. Rejects with the system's error.
   */
  open(): Promise<OpenedLog> {
    this.#calledOff?.abort();
    return this.take(async () => {
      if (this.#unsettled) await this.#settle();
      const size = this.sizeNow();
      const folder = dirname(this.path);
      if (size === null && !existsSync(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
      const { maxBytes, maxFiles } = this.#options.limits();
      const isOver = size !== null && size > maxBytes;
      if (isOver) await addBackup(this.path, this.path, { maxFiles });
      if (isOver) this.milestones.rotated(size);
      return { path: this.path, fromByte: createIfMissing(this.path), rotated: isOver ? this.#rotated() : null };
    });
  }

  /**
   * Rotates the log while a session writes to it, if it is over its limit. `hold` is asked to hold that session's
   * processes still. Null when there was nothing to do, or a session began meanwhile. Rejects with a RotationError, with
   * what `hold` rejects with or with the system's error; then nothing is lost and it may be tried again.
   */
  rotate(hold: HoldStill): Promise<Rotated | null> {
    this.#rotating ??= this.#rotate(hold).finally(() => {
      this.#rotating = null;
      this.#calledOff = null;
    });
    return this.#rotating;
  }

  /** Calls off a rotation under way and resolves when it has been undone or, if it was too late for that, finished. */
  async close(): Promise<void> {
    this.#calledOff?.abort();
    // How it ended is told to whoever began it.
    await this.#rotating?.catch(() => {});
  }

  /**
   * Finishes or undoes what a daemon that died left of a rotation; null when it was undone or there was none. `letGo`
   * lets the writers go that the daemon held, resolves when nobody acts for it any more, and doesn't reject. Rejects with
   * the system's error; then the rest is done before the log is opened or rotated again.
   */
  recover(letGo: (held: Held) => Promise<void>): Promise<Rotated | null> {
    return this.take(async () => {
      this.#unsettled = true;
      const record = await RotationRecord.find(this.path);
      try {
        // Asked while they are held: what they write afterwards can't be mistaken for what was copied.
        if (record !== null) await wasEmptied(this, record);
      } finally {
        for (const held of record?.held ?? []) await letGo(held);
      }
      return (await this.#settle()) ? this.#rotated() : null;
    });
  }

  #rotate(hold: HoldStill): Promise<Rotated | null> {
    const calledOff = new AbortController();
    const { signal } = calledOff;
    this.#calledOff = calledOff;
    return this.#options.rotations.take(async () => {
      try {
        signal.throwIfAborted();
        return await this.#rotateIfOver(hold, signal);
      } catch (error) {
        if (error === signal.reason) return null;
        throw error;
      }
    });
  }

  async #rotateIfOver(hold: HoldStill, signal: AbortSignal): Promise<Rotated | null> {
    const limits = this.#options.limits();
    if ((await this.size()) <= limits.maxBytes) return null;
    // Of an earlier rotation nothing is left, unless the disk refused.
    await this.take(() => this.#settle());
    await rotateWritten(this, { limits, hold, signal, settle: () => this.#settle() });
    return this.#rotated();
  }

  async #settle(): Promise<boolean> {
    this.#unsettled = true;
    const record = await RotationRecord.find(this.path);
    const emptied = record !== null && (await settle(this, record, this.#options.limits()));
    if (emptied) this.milestones.rotated(record.bytes ?? 0);
    await RotationRecord.removeStray(this.path);
    this.#unsettled = false;
    return emptied;
  }

  #rotated(): Rotated {
    return { file: this.path, backup: backupPath(this.path, 1) };
  }
}

// Synchronous, too: each turn through the thread pool counts here.
function createIfMissing(path: string): number {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}
