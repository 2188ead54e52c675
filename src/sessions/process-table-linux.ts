// Reads Linux's process table from /proc in one synchronous pass.
import { readdirSync } from "node:fs";
import { readEntry } from "./identity-linux.js";
import { readProcFile } from "./proc-files.js";
import type { ProcessEntry } from "./process-entry.js";
import { ownerKey, ProcessTable, type ScanRequest } from "./process-table.js";

/** Listings after which a machine that never stops forking is taken as it is. */
const MAX_LISTINGS = 5;

/**
 * The live processes a session could have started: this process and kernel threads are left out.
 *
 * @throws the system's error when /proc cannot be read, such as EMFILE
 */
export function scanProcesses({ abovePid, bornSince }: ScanRequest): ProcessTable {
  const seen = new Set<number>([process.pid]);
  const entries = new Map<number, ProcessEntry>();
  for (let listing = 0; listing < MAX_LISTINGS; listing++) {
    // A listing is no snapshot: a process can fork and end between being listed and being read, so look until nothing is new.
    const fresh = listPids().filter((pid) => pid > abovePid && !seen.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      seen.add(pid);
      const entry = readEntry(pid);
      if (entry !== null && isCandidate(entry, bornSince)) entries.set(pid, entry);
    }
  }
  return new ProcessTable(entries, { ownerKeys: readOwnerKeys(entries.keys()), hasGroup: null });
}

function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 0x31 && first <= 0x39) pids.push(Number(name));
  }
  return pids;
}

/** Kernel threads, and visitors from outside a container, have no group of this PID namespace; a session's processes have. */
function isCandidate(entry: ProcessEntry, bornSince: number): boolean {
  return Number(entry.start) >= bornSince && entry.pgid !== 0;
}

function readOwnerKeys(pids: Iterable<number>): ReadonlyMap<number, string> {
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
