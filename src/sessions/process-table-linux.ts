// Reads Linux's process table from /proc in one synchronous pass.
import { readdirSync } from "node:fs";
import { readEntry } from "./identity-linux.js";
import { readProcFile } from "./proc-files.js";
import type { ProcessEntry } from "./process-entry.js";
import { ownerKey, ProcessTable } from "./process-table.js";

/** Listings after which a machine that never stops forking is taken as it is. */
const MAX_LISTINGS = 5;

/**
 * The live processes that started at `bornSince` or later, in the unit of `ProcessEntry.start`.
 *
 * @throws the system's error when /proc cannot be read, such as EMFILE
 */
export function scanProcesses(bornSince: number): ProcessTable {
  const seen = new Set<number>();
  const entries: ProcessEntry[] = [];
  for (let listing = 0; listing < MAX_LISTINGS; listing++) {
    // A listing is no snapshot: a process can fork and end between being listed and being read, so look until nothing is new.
    const fresh = listPids().filter((pid) => !seen.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) seen.add(pid);
    entries.push(...readEntries(fresh).filter(({ start }) => Number(start) >= bornSince));
  }
  return tableOf(entries);
}

/** Those of the given processes that live. */
export function readTable(pids: readonly number[]): ProcessTable {
  return tableOf(readEntries(pids));
}

function tableOf(entries: readonly ProcessEntry[]): ProcessTable {
  const ownerKeys = readOwnerKeys(entries.map(({ pid }) => pid));
  return new ProcessTable(new Map(entries.map((entry) => [entry.pid, entry])), { ownerKeys, hasGroup: null });
}

/**
 * Leaves out what never belongs to a session: this process, kernel threads, and visitors from outside a container; the
 * last two have no group of this PID namespace.
 */
function readEntries(pids: readonly number[]): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const pid of pids) {
    const entry = pid === process.pid ? null : readEntry(pid);
    if (entry !== null && entry.pgid !== 0) entries.push(entry);
  }
  return entries;
}

function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 0x31 && first <= 0x39) pids.push(Number(name));
  }
  return pids;
}

function readOwnerKeys(pids: readonly number[]): ReadonlyMap<number, string> {
  const keys = new Map<number, string>();
  const unclear: number[] = [];
  const look = (pid: number): void => {
    const key = readOwnerKey(pid);
    if (key === null) unclear.push(pid);
    else if (key !== "") keys.set(pid, key);
  };
  for (const pid of pids) look(pid);
  // A process in the midst of an exec has no environment for a moment; by now it has.
  for (const pid of unclear.splice(0)) look(pid);
  return keys;
}

/** Empty when the environment names no owner, null when there is no environment. */
function readOwnerKey(pid: number): string | null {
  const environment = readProcFile(`/proc/${pid}/environ`);
  if (environment === null) return "";
  if (environment.length === 0) return null;
  // Most processes of a machine have never heard of us; one search tells.
  if (!environment.includes("HEARTH_INCARNATION=")) return "";
  const variables = environment.toString("utf8").split("\0");
  const variable = (name: string): string => variables.find((each) => each.startsWith(name))?.slice(name.length) ?? "";
  return ownerKey(variable("HEARTH_HOME="), variable("HEARTH_AGENT="), variable("HEARTH_INCARNATION="));
}
