// The log file of an agent: where it is, how it is rotated when a session starts.
import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface AgentLogOptions {
  /** The directory of the agents' logs. */
  readonly directory: string;
  readonly agent: string;
  /** A larger log is rotated, in bytes. */
  readonly maxBytes: number;
  /** Backups kept beside the current file; 0 keeps none. */
  readonly maxFiles: number;
}

/** A log that is ready to be appended to by a new session. */
export interface AgentLog {
  readonly path: string;
  /** Where this session's output begins: the size of the file, in bytes. */
  readonly fromByte: number;
  readonly rotated: boolean;
}

/** Path of an agent's log; `/` in a name is spelled `%2F`, so that every agent is one file in one directory. */
export function agentLogPath(directory: string, agent: string): string {
  return join(directory, `${agent.replaceAll("%", "%25").replaceAll("/", "%2F")}.log`);
}

/** Path of a backup of a log; 1 is the newest. */
export function backupPath(path: string, number: number): string {
  return `${path}.${number}`;
}

/**
 * Prepares an agent's log for a session: rotates it if it is over its limit and creates it (0600) if there is none.
 * Rejects with the system's error.
 */
export async function openAgentLog(options: AgentLogOptions): Promise<AgentLog> {
  const path = agentLogPath(options.directory, options.agent);
  const size = sizeOf(path);
  if (size === null) await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const rotated = size !== null && size > options.maxBytes;
  if (rotated) await rotate(path, options.maxFiles);
  return { path, fromByte: createIfMissing(path), rotated };
}

/** Shifts the backups, oldest first: a death in between leaves a gap in the numbers and loses nothing. */
async function rotate(path: string, maxFiles: number): Promise<void> {
  const numbers = await backupNumbers(path);
  for (const number of numbers) {
    if (number >= maxFiles) await rm(backupPath(path, number));
    else await rename(backupPath(path, number), backupPath(path, number + 1));
  }
  if (maxFiles === 0) await rm(path);
  else await rename(path, backupPath(path, 1));
}

/** Numbers of the backups there are, the highest first. */
async function backupNumbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path));
  const numbers = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return numbers
    .filter((number) => /^[1-9]\d*$/.test(number))
    .map(Number)
    .sort((a, b) => b - a);
}

// These two are synchronous: they are on the way from a crash to the respawn, where each turn through the thread pool counts.
function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function createIfMissing(path: string): number {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}
