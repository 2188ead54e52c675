// Tells what sessions use of the machine: one look at its processes serves everybody who asks within a second.

import { membersOf } from "./members.js";
import { isExhaustion } from "./proc-files.js";
import type { Awaitable, Owner, ProcessEntry } from "./process-entry.js";
import { type Figures, readFigures } from "./process-figures.js";
import type { ProcessTable } from "./process-table.js";
import { scanProcesses } from "./scanner.js";
import type { AgentIncarnation, ProcessIdentity } from "./session.js";

/** What the processes of one session use, added up. */
export interface Usage {
  /**
   * In per cent of one core, as ps means it: the time on a processor of each process since it began, over the time that
   * has passed since. Null where ps does not tell.
   */
  readonly cpuPercent: number | null;
  /** Resident memory in bytes; pages that processes share are counted for each of them. Null where nobody tells. */
  readonly memoryBytes: number | null;
  readonly processes: number;
}

/** A session whose processes are looked for. */
export interface UsageSubject {
  readonly owner: Owner;
  readonly leader: ProcessIdentity;
}

/** What one look has shown. */
export interface UsageTable {
  /** Null for a session that the look has not seen, such as one that has begun since. */
  of(session: AgentIncarnation): Usage | null;
}

/** What usage is read from; everything that touches the world comes in here. */
export interface UsageSources {
  /** The live sessions of the daemon. */
  sessions(): Iterable<UsageSubject>;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly scan?: (bornSince: number) => Awaitable<ProcessTable>;
  readonly figures?: () => Promise<Figures>;
}

/** A look answers everybody who asks within this time of its beginning. */
const FRESH_MS = 1_000;
/** Sessions added up in one turn of the event loop: a few milliseconds of work. */
const SESSIONS_AT_ONCE = 100;

/** See the first line of this file. Nothing is looked at unless somebody asks. */
export class UsageReader {
  readonly #sources: Required<UsageSources>;
  #latest: { readonly begun: number; readonly table: Promise<UsageTable> } | null = null;

  constructor(sources: UsageSources) {
    this.#sources = { scan: scanProcesses, figures: readFigures, ...sources };
  }

  /** Never older than a second, also when a look takes longer than that. Never rejects for want of ps or descriptors. */
  async read(): Promise<UsageTable> {
    const begun = this.#sources.now();
    if (this.#latest === null || begun - this.#latest.begun >= FRESH_MS) this.#latest = { begun, table: this.#look() };
    return this.#latest.table;
  }

  async #look(): Promise<UsageTable> {
    const { sessions, scan, figures } = this.#sources;
    const subjects = [...sessions()];
    const seen = new Map<string, Usage>();
    const told: UsageTable = { of: (session) => seen.get(keyOf(session)) ?? null };
    if (subjects.length === 0) return told;
    const each = await figures();
    const table = await unlessExhausted(() => scan(earliest(subjects)));
    if (table === null) return told;
    for (const [index, subject] of subjects.entries()) {
      if (index % SESSIONS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      const usage = usageOf(membersIn(table, subject), each);
      if (usage !== null) seen.set(keyOf(subject.owner), usage);
    }
    return told;
  }
}

function earliest(subjects: readonly UsageSubject[]): number {
  return subjects.reduce((start, { leader }) => Math.min(start, Number(leader.start)), Number.POSITIVE_INFINITY);
}

/** A group is the session's as long as its leader is there; later only processes that carry the owner prove it. */
function membersIn(table: ProcessTable, { owner, leader }: UsageSubject): readonly ProcessEntry[] {
  const trustGroup = table.entries.get(leader.pid)?.start === leader.start;
  return membersOf(table, { leader, owner, trustGroup }).entries;
}

/** Null when there is no process to tell of. */
function usageOf(members: readonly ProcessEntry[], figures: Figures): Usage | null {
  if (members.length === 0) return null;
  const cpu = sum(members.map(({ pid }) => figures.cpuPercent(pid)));
  return {
    // Tenths, as they were before binary fractions were added up.
    cpuPercent: cpu === null ? null : Math.round(cpu * 10) / 10,
    memoryBytes: sum(members.map(({ pid }) => figures.memoryBytes(pid))),
    processes: members.length,
  };
}

/** Null when no part is known; one that is unknown beside others has just begun, or ended. */
function sum(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((total, part) => total + part, 0);
}

async function unlessExhausted(scan: () => Awaitable<ProcessTable>): Promise<ProcessTable | null> {
  try {
    return await scan();
  } catch (error) {
    if (isExhaustion(error)) return null;
    throw error;
  }
}

function keyOf({ agent, incarnation }: AgentIncarnation): string {
  return `${agent} ${incarnation}`;
}
