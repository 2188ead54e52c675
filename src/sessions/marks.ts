// Keeps one file for each incarnation that ran: made by its gate, removed once its end is recorded.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { incarnationFile, listIncarnations, removeIfThere, sweepIncarnationFiles } from "./incarnation-file.js";
import type { AgentIncarnation, IsKnown, Machine, ProcessIdentity, SessionRef } from "./session.js";

/** What a mark says: which session it is of, so that it can be found again when no record tells of it. */
export interface Mark extends AgentIncarnation {
  /** Null when that cannot be read. */
  readonly ref: SessionRef | null;
}

/** What a gate writes into its mark: one line, without a character that a shell would change on the way. */
export function markText(ref: SessionRef): string {
  return markBeginning(ref, ref.identity) + markEnd(ref.identity);
}

/** All of it that is known before there is a process. */
export function markBeginning(
  { kind, startedAt, tokenHash }: Omit<SessionRef, "identity">,
  { boot, init }: Machine,
): string {
  return JSON.stringify({ kind, startedAt, tokenHash, identity: { boot, init } }).slice(0, -"}}".length);
}

/** The rest: a shell reads it byte by byte, with a system call for each. */
export function markEnd({ pid, start }: ProcessIdentity): string {
  return `,${JSON.stringify({ pid, start }).slice(1)}}`;
}

/** True once a mark is made. One that is still empty is about to be: its gate can't have gone on. */
export function isMarkMade(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

export class Marks {
  readonly #directory: string;
  /** Marks that were made anew: a disk that is full doesn't make them untrue. */
  readonly #mended = new Set<string>();

  /** Creates the directory when it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Where the gate of this incarnation makes its mark. */
  file(agent: string, incarnation: number): string {
    return join(this.#directory, incarnationFile({ agent, incarnation }));
  }

  /** True once the incarnation was about to run. */
  exists(agent: string, incarnation: number): boolean {
    const file = this.file(agent, incarnation);
    return isMarkMade(file) || this.#mended.has(file);
  }

  /** The marks of the incarnations that nobody knows. */
  unknown(isKnown: IsKnown): Mark[] {
    const owners = listIncarnations(this.#directory).filter((owner) => !isKnown(owner));
    return owners.map((owner) => ({ ...owner, ref: this.#read(owner) }));
  }

  /** Makes a mark in place of one that was deleted or damaged. */
  mend({ agent, incarnation }: AgentIncarnation, ref: SessionRef): void {
    const file = this.file(agent, incarnation);
    this.#mended.add(file);
    try {
      writeFileSync(file, `${markText(ref)}\n`, { mode: 0o600 });
    } catch {
      // The next daemon will have to look at the process again.
    }
  }

  /** Removes the mark of an incarnation, or what an earlier life of this home may have left under the same number. */
  clear(agent: string, incarnation: number): void {
    const file = this.file(agent, incarnation);
    this.#mended.delete(file);
    removeIfThere(file);
  }

  /** Removes the marks of all other incarnations. */
  sweep(isKept: IsKnown): void {
    sweepIncarnationFiles(this.#directory, { prefix: "", isKept });
  }

  #read({ agent, incarnation }: AgentIncarnation): SessionRef | null {
    try {
      const said: unknown = JSON.parse(readFileSync(this.file(agent, incarnation), "utf8"));
      return isSessionRef(said) ? said : null;
    } catch {
      // Empty, torn or not to be read: then the process table is all there is to ask.
      return null;
    }
  }
}

/** Whether something that was read from a file describes a session. */
export function isSessionRef(value: unknown): value is SessionRef {
  if (!isObject(value)) return false;
  const { kind, identity, startedAt, tokenHash } = value;
  const isKind = kind === "process" || kind === "tmux";
  return isKind && isIdentity(identity) && Number.isFinite(startedAt) && typeof tokenHash === "string";
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (!isObject(value)) return false;
  const { pid, start, boot, init } = value;
  return Number.isSafeInteger(pid) && Number(pid) > 0 && [start, boot, init].every((each) => typeof each === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
