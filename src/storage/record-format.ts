// How records are spelled in the journal and in its checkpoint; pure, no file is touched here.
import { isUtf8 } from "node:buffer";
import type { Unreadable } from "./state-file.js";

/** The newest format this program reads, and the one it writes. */
export const FORMAT_VERSION = 1;

/** The home was written by a newer Hearth; nothing was touched. The daemon exits with 78. */
export class NewerStateError extends Error {
  override readonly name = "NewerStateError";
  readonly hint =
    "start the newer hearthd again, or give this one a home of its own, as `hearth daemon start --home DIR` does";
  constructor(
    readonly file: string,
    readonly version: number,
  ) {
    super(
      `${file} was written by a newer version of Hearth: format ${version}, this one reads up to ${FORMAT_VERSION}`,
    );
  }
}

/** One record as it is kept; a null `value` removes the key. */
export interface KeyedValue {
  readonly kind: string;
  readonly key: string;
  readonly value: unknown;
}

/** One line of the journal. `seq` strictly grows. */
export interface JournalRecord extends KeyedValue {
  readonly seq: number;
}

/** Everything up to and including line `through`. */
export interface Snapshot {
  readonly through: number;
  readonly records: readonly KeyedValue[];
}

/** What a journal holds: its records, the lines that are none, and where its good part ends. */
export interface JournalContent {
  /** False when its first line is lost. */
  readonly hasHeader: boolean;
  readonly records: readonly JournalRecord[];
  /** Lines that could not be read, each with its newline. */
  readonly bad: readonly Buffer[];
  /** Offset after the last whole line, in bytes; what follows is a torn line. */
  readonly endByte: number;
}

/** First line of every journal. */
export const JOURNAL_HEADER = `${JSON.stringify({ hearth: "journal", version: FORMAT_VERSION })}\n`;

/** Spells a record as a line. Throws a TypeError for what JSON cannot hold. */
export function encodeRecord(seq: number, { kind, key, value }: KeyedValue): string {
  if (value === undefined) throw new TypeError(`the value of ${kind} ${key} is undefined; null removes a record`);
  return `${JSON.stringify({ seq, kind, key, value })}\n`;
}

/** Reads a journal; `file` names it in errors. Throws NewerStateError. */
export function decodeJournal(bytes: Buffer, file: string): JournalContent {
  const lines = splitLines(bytes);
  const torn = isTorn(lines.at(-1)) ? lines.pop() : undefined;
  const records: JournalRecord[] = [];
  const bad: Buffer[] = [];
  let hasHeader = false;
  for (const line of lines) {
    const value = parse(line);
    if (isRecord(value)) records.push(value);
    else if (isVersioned(value)) {
      refuseNewer(value, file);
      hasHeader = true;
    } else bad.push(line);
  }
  // A line of ours begins with a brace: anything else at the end is no torn write but somebody else's bytes.
  if (torn !== undefined && torn[0] !== BRACE) bad.push(torn);
  return { hasHeader, records, bad, endByte: bytes.length - (torn?.length ?? 0) };
}

/** Spells a checkpoint, a record to a line for the eyes of people. */
export function encodeSnapshot(through: number, records: Iterable<KeyedValue>): string {
  const lines = Array.from(records, ({ kind, key, value }) => JSON.stringify({ kind, key, value }));
  return `{"version":${FORMAT_VERSION},"through":${through},"records":[\n${lines.join(",\n")}\n]}\n`;
}

/** Reads a checkpoint, or says in words why it is none. Throws NewerStateError. */
export function decodeSnapshot(bytes: Buffer, file: string): Snapshot | Unreadable {
  if (bytes.length === 0) return { unreadable: "it is empty" };
  const value = parse(bytes);
  if (value === undefined) return { unreadable: "it is not JSON" };
  if (!isVersioned(value)) return { unreadable: "it is not a checkpoint: there is no version" };
  refuseNewer(value, file);
  return isSnapshot(value) ? value : { unreadable: "it is not a checkpoint: records are missing or malformed" };
}

const NEWLINE = 0x0a;
const BRACE = 0x7b;

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

function isTorn(line: Buffer | undefined): boolean {
  return line !== undefined && (line.at(-1) !== NEWLINE || parse(line) === undefined);
}

function parse(bytes: Buffer): unknown {
  // Decoding would turn bad bytes into U+FFFD without a word.
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function refuseNewer({ version }: { readonly version: number }, file: string): void {
  if (version > FORMAT_VERSION) throw new NewerStateError(file, version);
}

function isVersioned(value: unknown): value is { readonly version: number } {
  return isObject(value) && Number.isSafeInteger(value.version);
}

function isRecord(value: unknown): value is JournalRecord {
  return isKeyedValue(value) && Number.isSafeInteger((value as Partial<JournalRecord>).seq);
}

function isSnapshot(value: unknown): value is Snapshot {
  if (!isObject(value) || !Number.isSafeInteger(value.through)) return false;
  return Array.isArray(value.records) && value.records.every(isKeyedValue);
}

function isKeyedValue(value: unknown): value is KeyedValue {
  return isObject(value) && typeof value.kind === "string" && typeof value.key === "string" && "value" in value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
