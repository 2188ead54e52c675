// Whether the process that a descriptor names is still that process.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessStart } from "../../protocol/descriptor.js";
import { hasCode } from "../errno.js";
import { monotonicMs } from "./monotonic.js";

/** `gone` includes zombies, which run nothing any more, and another process under the same number. */
export type ProcessLife = "alive" | "halted" | "gone";

/** What is read of a process; replaced in tests of identities that cannot be made to order. */
export interface ProcessTable {
  readonly platform: NodeJS.Platform;
  /** The text of a file, or null when it cannot be read. */
  read(path: string): string | null;
  /** Whether a process has this number. */
  exists(pid: number): boolean;
}

/** The system's own process table. */
export const systemProcesses: ProcessTable = { platform: process.platform, read: readOrNull, exists: processExists };

/**
 * Looks whether a process still runs, and is not halted by SIGSTOP. On Linux its number, start time and boot must all
 * match; elsewhere only the number can be compared without starting another program.
 */
export function processLife(pid: number, began: ProcessStart, table: ProcessTable = systemProcesses): ProcessLife {
  if (table.platform !== "linux") return table.exists(pid) ? "alive" : "gone";
  const stat = readStat(table, String(pid));
  if (stat === null || stat.isGone) return "gone";
  if (stat.start !== began.start || !sameBoot(began, table)) return "gone";
  return stat.isHalted ? "halted" : "alive";
}

/** Pause between two looks at a process that is expected to end, in milliseconds. */
const LOOK_AGAIN_MS = 25;

/** Waits for a process to end; false when it has not within the time. */
export async function goneWithin(
  { pid, processStart }: { readonly pid: number; readonly processStart: ProcessStart },
  timeoutMs: number,
): Promise<boolean> {
  const deadline = monotonicMs() + timeoutMs;
  while (processLife(pid, processStart) !== "gone") {
    if (monotonicMs() > deadline) return false;
    await sleep(LOOK_AGAIN_MS);
  }
  return true;
}

/** Sends a signal to exactly the process that is meant. Returns false when it is gone, or there is no such signal here. */
export function signalProcess(pid: number, began: ProcessStart, signal: NodeJS.Signals): boolean {
  // Looked at right before the signal: the number may have passed to another program since it was read.
  if (processLife(pid, began) === "gone") return false;
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // Windows has few signals, and all of them end a process.
    if (hasCode(error, "ESRCH", "ENOSYS")) return false;
    throw error;
  }
}

/** A restarted container keeps its boot id but not the start time of PID 1. */
function sameBoot(began: ProcessStart, table: ProcessTable): boolean {
  const boot = table.read("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
  const init = readStat(table, "1")?.start ?? "";
  return isSame(began.boot, boot) && isSame(began.init, init);
}

/** What one side could not read says nothing. */
function isSame(recorded: string, present: string): boolean {
  return recorded === "" || present === "" || recorded === present;
}

interface ProcessStat {
  readonly isGone: boolean;
  readonly isHalted: boolean;
  readonly start: string;
}

// Positions of the fields of proc_pid_stat(5), counted from the one behind the command name.
const STATE = 0;
const THREADS = 17;
const START = 19;

function readStat(table: ProcessTable, pid: string): ProcessStat | null {
  const text = table.read(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command name stands in parentheses and may hold spaces and parentheses itself: its end is the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[STATE] ?? "";
  // A process whose first thread ended while others run on is a zombie by its state only.
  const isGone = "Xx".includes(state) || (state === "Z" && Number(fields[THREADS]) <= 1);
  return { isGone, isHalted: "Tt".includes(state), start: fields[START] ?? "" };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Whether a process, or a zombie, has this number. */
export function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}
