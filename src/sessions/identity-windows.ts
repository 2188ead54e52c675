// Tells processes apart on Windows, as far as ps-list's program goes: numbers and parents' numbers, but no start times.
import { hasCode } from "../errno.js";
import { isExhaustion } from "./proc-files.js";
import { elderKey, type ProcessEntry } from "./process-entry.js";
import { listProcesses } from "./process-list.js";
import type { Machine, ProcessIdentity } from "./session.js";

/**
 * A process keeps the number of its parent even when that is gone, so the two together say which process is meant: another
 * one under the same number would have to be a child of the same parent, which for an orphan no longer exists.
 */
export async function readIdentity(pid: number): Promise<ProcessIdentity | null> {
  const entry = (await listEntries()).get(pid);
  return entry === undefined ? null : { pid, start: entry.start, boot: "", init: "" };
}

/** Nothing that is told of a process names the boot it is of. */
export function thisMachine(): Machine {
  return { boot: "", init: "" };
}

/** True while exactly this process lives. When the listing can't be had just now, it is taken to be alive. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!mayBeAlive(identity)) return false;
  try {
    return (await readIdentity(identity.pid))?.start === identity.start;
  } catch (error) {
    if (isExhaustion(error)) return true;
    throw error;
  }
}

/** A cheap look without a listing: never false for a live process, sometimes true for a dead one. */
export function mayBeAlive({ pid }: ProcessIdentity): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

/**
 * There are no signals: SIGKILL ends exactly this process, and whatever would ask it to end is told to its connection
 * instead (`shutdown.requested`). False when nothing was done.
 */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  return signal === "SIGKILL" && (await isAlive(identity)) && terminate(identity.pid);
}

/** There are no groups either, so every member is ended by itself. */
export function signalGroup(): boolean {
  return false;
}

/** TerminateProcess; false when it is gone already, or somebody else's. */
function terminate(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

/**
 * Everybody whose parent is gone by now. A later process may get that parent's number, and would look like the parent;
 * start times would tell, but what lists processes on Windows has none.
 */
export async function readElders(): Promise<readonly string[]> {
  const entries = await listEntries();
  return [...entries.values()].filter(({ ppid }) => !entries.has(ppid)).map(elderKey);
}

/** Every live process. */
export async function listEntries(): Promise<ReadonlyMap<number, ProcessEntry>> {
  const rows = await listProcesses();
  return new Map(rows.map(({ pid, ppid }) => [pid, { pid, ppid, pgid: null, sid: null, start: String(ppid) }]));
}
