// Tells processes apart on Linux by reading /proc, nothing else: slim images have no ps.

import { existsSync } from "node:fs";
import { isExhaustion, readProcFile } from "./proc-files.js";
import type { ProcessEntry } from "./process-entry.js";
import type { Machine, ProcessIdentity } from "./session.js";

let machine: Machine | null = null;

/** Identity of a process, zombies included; null when there is none with this PID. */
export function readIdentity(pid: number): ProcessIdentity | null {
  const stat = readProcFile(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const start = fieldsOf(stat)[START];
  return start === undefined ? null : { pid, start, ...thisMachine() };
}

/** True while exactly this process lives; a zombie does not. When nobody can look just now, it is taken to be alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  return look(identity) !== "gone";
}

/**
 * A look that opens no file: a zombie has no program any more, which kill(pid, 0) would not tell. That nobody may look at the
 * program of a setuid process says nothing, so what seems to be gone is looked at closely.
 */
export function mayBeAlive(identity: ProcessIdentity): boolean {
  return existsSync(`/proc/${identity.pid}/exe`) || isAlive(identity);
}

/** Sends a signal to exactly this process. False when it is gone, may not be signalled or cannot be looked at. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return look(identity) === "alive" && kill(identity.pid, signal);
}

/** Sends a signal to a process group, provided one of its known members is still in it: a group's number is reused too. */
export function signalGroup(pgid: number, members: readonly ProcessEntry[], signal: NodeJS.Signals): boolean {
  return members.some((member) => isStillIn(pgid, member)) && kill(-pgid, signal);
}

function isStillIn(pgid: number, { pid, start }: ProcessEntry): boolean {
  const now = unlessExhausted(() => readEntry(pid));
  return now?.start === start && now.pgid === pgid;
}

function look(identity: ProcessIdentity): "alive" | "gone" | "unknown" {
  const { boot, init } = thisMachine();
  if (identity.boot !== boot || identity.init !== init) return "gone";
  const now = unlessExhausted(() => readEntry(identity.pid));
  if (now === undefined) return "unknown";
  return now?.start === identity.start ? "alive" : "gone";
}

function unlessExhausted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isExhaustion(error)) return undefined;
    throw error;
  }
}

/** One live process; null when there is none with this PID, or only a zombie. */
export function readEntry(pid: number): ProcessEntry | null {
  const stat = readProcFile(`/proc/${pid}/stat`);
  return stat === null ? null : parseEntry(pid, stat);
}

/** What /proc/PID/stat, or that of one thread, says of whether it runs; null when it is gone. */
export function readRunState(path: string): RunState | null {
  const stat = readProcFile(path);
  const fields = stat === null ? [] : fieldsOf(stat);
  const { [STATE]: state, [START]: start } = fields;
  return state === undefined || start === undefined ? null : { state, start, threads: Number(fields[THREADS]) };
}

export interface RunState {
  /** One letter of proc_pid_stat(5). */
  readonly state: string;
  readonly start: string;
  /** Of its whole process. */
  readonly threads: number;
}

// Positions of the fields of proc_pid_stat(5), counted from the one behind the command name.
const STATE = 0;
const PPID = 1;
const PGRP = 2;
const SESSION = 3;
const THREADS = 17;
const START = 19;
/** Nothing behind the start time is of interest here. */
const FIELDS = START + 1;

function parseEntry(pid: number, stat: Buffer): ProcessEntry | null {
  const fields = fieldsOf(stat);
  const start = fields[START];
  if (start === undefined || isGone(fields)) return null;
  return { pid, ppid: Number(fields[PPID]), pgid: Number(fields[PGRP]), sid: Number(fields[SESSION]), start };
}

function isGone(fields: readonly string[]): boolean {
  const state = fields[STATE];
  // A process whose first thread ended while others run on is a zombie by its state only.
  return state === "X" || (state === "Z" && Number(fields[THREADS]) <= 1);
}

/** The command name stands in parentheses and may hold spaces, parentheses and line breaks itself: its end is the last one. */
function fieldsOf(stat: Buffer): string[] {
  return stat.toString("latin1", stat.lastIndexOf(")") + 2).split(" ", FIELDS);
}

/** What this process's identity has in common with all others. */
export function thisMachine(): Machine {
  machine ??= readMachine();
  return machine;
}

function readMachine(): Machine {
  const boot = readProcFile("/proc/sys/kernel/random/boot_id")?.toString("latin1").trim() ?? "";
  const init = readProcFile("/proc/1/stat");
  return { boot, init: init === null ? "" : (fieldsOf(init)[START] ?? "") };
}

function kill(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    // Gone since it was looked at, or a setuid program's: there is nothing more to do to it.
    return false;
  }
}
