// What a rotation under way leaves on disk, so that a daemon that comes after can finish or undo it.
import { appendFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessMissing } from "../errno.js";
import type { Held } from "./stillness.js";

/** A part of what the log held. */
export interface Piece {
  readonly path: string;
  /** Offset in the log of its first byte. */
  readonly fromByte: number;
}

/** What is meant, a line of the intent for each change of it. */
type Entry =
  /** Somebody is to be held still; later entries may repeat earlier ones. */
  | { readonly held: Held }
  /** How much of the log is copied, written before the log may be emptied. */
  | { readonly bytes: number };

const SUFFIX = ".rotating";
const OFFSET_DIGITS = 16;

/** Path of a piece; in the order of their names pieces are in the order of the log. */
export function piecePath(directory: string, fromByte: number): string {
  return join(directory, String(fromByte).padStart(OFFSET_DIGITS, "0"));
}

/** The directory of a log's rotation, beside the log: pieces become backups by a rename. */
function rotationDirectory(log: string): string {
  return `${log}${SUFFIX}`;
}

/** The log whose rotation a directory entry belongs to; null for any other entry. */
export function rotatedLog(name: string): string | null {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : null;
}

/**
 * A directory that holds `intent.ndjson`, the pieces, and `emptied`, the mark that the log was emptied. Without an intent
 * there is nothing to finish or to undo: it goes last at the beginning of a rotation, and first at its end.
 */
export class RotationRecord {
  readonly directory: string;
  /** Made when the log has been emptied, by whoever empties it. */
  readonly mark: string;
  readonly #intentFile: string;
  readonly #entries: Entry[];

  private constructor(log: string, entries: Entry[]) {
    this.directory = rotationDirectory(log);
    this.mark = join(this.directory, "emptied");
    this.#intentFile = join(this.directory, "intent.ndjson");
    this.#entries = entries;
  }

  /** Puts on record that a log is to be rotated. Rejects with the system's error; EEXIST when an earlier rotation is not over. */
  static async begin(log: string): Promise<RotationRecord> {
    const record = new RotationRecord(log, []);
    await mkdir(record.directory, { mode: 0o700 });
    await writeFile(record.#intentFile, "", { mode: 0o600 });
    return record;
  }

  /** What is on record of a log; null when it is not being rotated. Rejects with the system's error. */
  static async find(log: string): Promise<RotationRecord | null> {
    const content = await unlessMissing(readFile(join(rotationDirectory(log), "intent.ndjson"), "utf8"));
    return content === null ? null : new RotationRecord(log, parseIntent(content));
  }

  /** Removes what a death left of a rotation before its intent was written, or after it was taken back. */
  static removeStray(log: string): Promise<void> {
    return rm(rotationDirectory(log), { recursive: true, force: true });
  }

  /** Everything that was to be held still. */
  get held(): readonly Held[] {
    return this.#entries.flatMap((entry) => ("held" in entry ? [entry.held] : []));
  }

  /** How much of the log was copied at least when it was emptied, if it was; null as long as it could not be. */
  get bytes(): number | null {
    return this.#entries.reduce<number | null>((bytes, entry) => ("bytes" in entry ? entry.bytes : bytes), null);
  }

  /** On disk when it returns. Throws the system's error. */
  addHeld(held: Held): void {
    this.#add({ held });
  }

  /** From now on the log may be emptied; on disk when it returns. Throws the system's error. */
  setBytes(bytes: number): void {
    this.#add({ bytes });
  }

  /** The oldest first. Rejects with the system's error. */
  async pieces(): Promise<Piece[]> {
    const names = (await readdir(this.directory)).filter((name) => /^\d{16,}$/.test(name)).sort();
    return names.map((name) => ({ path: join(this.directory, name), fromByte: Number(name) }));
  }

  /** Whether the log is known to have been emptied. Rejects with the system's error. */
  async isMarked(): Promise<boolean> {
    return (await unlessMissing(stat(this.mark))) !== null;
  }

  /** Decides that the log was emptied, for everyone who asks later. Rejects with the system's error. */
  async setMark(): Promise<void> {
    await writeFile(this.mark, "", { mode: 0o600 });
  }

  /** Takes the intent back, then clears up. Rejects with the system's error. */
  async remove(): Promise<void> {
    await rm(this.#intentFile, { force: true });
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Synchronous, since nobody may be stopped before it is done: a hundred bytes into the page cache. */
  #add(entry: Entry): void {
    appendFileSync(this.#intentFile, `${JSON.stringify(entry)}\n`);
    this.#entries.push(entry);
  }
}

/** A last line that is torn was not acted on. */
function parseIntent(content: string): Entry[] {
  const lines = content.split("\n").slice(0, -1);
  return lines.map((line) => parseEntry(line));
}

/** What a power cut damaged counts as the word that the log may have been emptied: rather something twice than nothing. */
function parseEntry(line: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return { bytes: Number.POSITIVE_INFINITY };
  }
}
