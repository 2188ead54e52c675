// Tells processes apart where there is no /proc, through ps-list.
import type { ProcessDescriptor } from "ps-list";
import { hasCode } from "../errno.js";
import { isExhaustion } from "./proc-files.js";
import type { ProcessEntry } from "./process-entry.js";
import { listProcesses } from "./process-list.js";
import type { Machine, ProcessIdentity } from "./session.js";

/** Identity of a process, zombies left out; null when there is none with this PID. */
export async function readIdentity(pid: number): Promise<ProcessIdentity | null> {
  const entries = await listEntries();
  const start = entries.get(pid)?.start;
  return start === undefined ? null : { pid, start, boot: "", init: entries.get(1)?.start ?? "" };
}

let machine: Machine | null = null;

/** What this process's identity has in common with all others; ps is run for it once. */
export async function thisMachine(): Promise<Machine> {
  machine ??= { boot: "", init: (await listEntries()).get(1)?.start ?? "" };
  return machine;
}

/** True while exactly this process lives; a zombie does not. When ps cannot be run just now, it is taken to be alive. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  try {
    return await isSame(identity);
  } catch (error) {
    if (isExhaustion(error)) return true;
    throw error;
  }
}

async function isSame(identity: ProcessIdentity): Promise<boolean> {
  const now = await readIdentity(identity.pid);
  return now !== null && now.start === identity.start && now.init === identity.init;
}

/** A cheap look without running ps: never false for a live process, sometimes true for a dead one. */
export function mayBeAlive(identity: ProcessIdentity): boolean {
  try {
    return process.kill(identity.pid, 0);
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

/** Sends a signal to exactly this process. False when it is gone or may not be signalled. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  return (await isAlive(identity)) && kill(identity.pid, signal);
}

/** Sends a signal to a process group. ps-list tells no groups, so the caller's word that the group is ours has to do. */
export function signalGroup(pgid: number, _members: readonly ProcessEntry[], signal: NodeJS.Signals): boolean {
  return kill(-pgid, signal);
}

/** True while a process group has a process. */
export function hasGroup(pgid: number): boolean {
  return mayBeAlive({ pid: -pgid, start: "", boot: "", init: "" });
}

/** Every live process. */
export async function listEntries(): Promise<ReadonlyMap<number, ProcessEntry>> {
  const live = (await listProcesses()).filter((row) => !isZombie(row));
  return new Map(live.map((row) => [row.pid, toEntry(row)]));
}

function toEntry({ pid, ppid, startTime }: ProcessDescriptor): ProcessEntry {
  return { pid, ppid, pgid: null, sid: null, start: String(startTime?.getTime() ?? 0) };
}

/** ps shows a zombie as `<defunct>` or with its bare name in parentheses. */
function isZombie({ cmd }: ProcessDescriptor): boolean {
  return cmd !== undefined && (cmd.includes("<defunct>") || /^\([^)]*\)$/.test(cmd));
}

function kill(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
