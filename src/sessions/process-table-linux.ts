// Reads Linux's process table from /proc in one synchronous pass.
import { existsSync, readdirSync } from "node:fs";
import { readEntry } from "./identity-linux.js";
import { readProcFile } from "./proc-files.js";
import type { ProcessEntry } from "./process-entry.js";
import { ownerKey, ProcessTable } from "./process-table.js";

/** Listings after which a machine that forks too fast to be read is taken as it is. */
const MAX_LISTINGS = 10;

/** In the midst of an exec a process has no environment for a moment; one that has none this often was given none. */
const LOOKS_FOR_AN_ENVIRONMENT = 3;

/**
 * The live processes that started at `bornSince` or later, in the unit of `ProcessEntry.start`. A listing is no snapshot:
 * a process can fork and end between being listed and being read, and then only a further listing shows its child. So
 * the table is complete once everybody on a listing could be read.
 *
 * @throws the system's error when /proc cannot be read, such as EMFILE
 */
export function scanProcesses(bornSince: number): ProcessTable {
  const reading = new Reading(bornSince);
  let isComplete = false;
  for (let listing = 0; listing < MAX_LISTINGS && !isComplete; listing++) isComplete = reading.readAll(listPids());
  return reading.table({ isComplete });
}

/** Those of the given processes that live. */
export function readTable(pids: readonly number[]): ProcessTable {
  const reading = new Reading(0);
  for (let look = 0; look < LOOKS_FOR_AN_ENVIRONMENT; look++) reading.readAll(pids);
  return reading.table({ isComplete: true });
}

/** Collects the rows of a process table, each process once. */
class Reading {
  readonly #entries = new Map<number, ProcessEntry>();
  readonly #ownerKeys = new Map<number, string>();
  readonly #done = new Set<number>([process.pid]);
  readonly #blankLooks = new Map<number, number>();
  readonly #bornSince: number;

  constructor(bornSince: number) {
    this.#bornSince = bornSince;
  }

  /** Reads who was not read yet. False when somebody had ended before, or may have an environment later. */
  readAll(pids: readonly number[]): boolean {
    let isComplete = true;
    for (const pid of pids) if (!this.#done.has(pid) && !this.#read(pid)) isComplete = false;
    return isComplete;
  }

  table({ isComplete }: { readonly isComplete: boolean }): ProcessTable {
    return new ProcessTable(this.#entries, { ownerKeys: this.#ownerKeys, hasGroup: null, isComplete });
  }

  #read(pid: number): boolean {
    this.#done.add(pid);
    const entry = readEntry(pid);
    if (entry === null) return false;
    if (!isCandidate(entry, this.#bornSince)) return true;
    this.#entries.set(pid, entry);
    const key = readOwnerKey(pid);
    if (key === "") return this.#isBlankForGood(pid);
    if (key !== null) this.#ownerKeys.set(pid, key);
    return true;
  }

  #isBlankForGood(pid: number): boolean {
    const looks = (this.#blankLooks.get(pid) ?? 0) + 1;
    this.#blankLooks.set(pid, looks);
    if (looks < LOOKS_FOR_AN_ENVIRONMENT) this.#done.delete(pid);
    return looks >= LOOKS_FOR_AN_ENVIRONMENT;
  }
}

/** Kernel threads, and visitors from outside a container, have no group of this PID namespace; a session's processes have. */
function isCandidate(entry: ProcessEntry, bornSince: number): boolean {
  return Number(entry.start) >= bornSince && entry.pgid !== 0;
}

function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 0x31 && first <= 0x39) pids.push(Number(name));
  }
  return pids;
}

/** Null when the environment names no owner, empty when there is no environment: none yet, none any more or none at all. */
function readOwnerKey(pid: number): string | null {
  const environment = readProcFile(`/proc/${pid}/environ`);
  if (environment === null) return existsSync(`/proc/${pid}`) ? null : "";
  return environment.length === 0 ? "" : ownerKeyIn(environment);
}

function ownerKeyIn(environment: Buffer): string | null {
  // Most processes of a machine have never heard of us; one search tells.
  if (!environment.includes("HEARTH_INCARNATION=")) return null;
  const variables = environment.toString("utf8").split("\0");
  const variable = (name: string): string => variables.find((each) => each.startsWith(name))?.slice(name.length) ?? "";
  return ownerKey(variable("HEARTH_HOME="), variable("HEARTH_AGENT="), variable("HEARTH_INCARNATION="));
}
