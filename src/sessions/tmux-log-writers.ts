// Finds the process that writes what a pane shows to its session's log, as tmux does not name it.
import { type Stats, statSync } from "node:fs";
import type { LogWriters } from "./process-session.js";
import type { Scan } from "./scanner.js";
import { HoldStillError, type ProcessIdentity } from "./session.js";
import { TmuxError } from "./tmux-command.js";
import type { LogPipe, TmuxServer } from "./tmux-server.js";

export interface TmuxLogWritersOptions {
  readonly server: TmuxServer;
  readonly scan: Scan;
  /** The pane's process, which is older than the one that is looked for. */
  readonly leader: ProcessIdentity;
}

/**
 * The children of the tmux server whose standard output is the log. That needs no note taken when they were started, so it
 * finds those of every earlier daemon, too. Where there is no /proc nobody is found.
 *
 * @throws HoldStillError when there is none, as when somebody has turned the pipe off
 */
export async function findLogWriters(agent: string, options: TmuxLogWritersOptions): Promise<LogWriters> {
  const { serverPid, logFile } = await findPipe(agent, options.server);
  const table = await options.scan(Number(options.leader.start));
  const { isComplete: areAll } = table;
  const log = statOrNull(logFile);
  const entries = table.childrenOf(serverPid).filter(({ pid }) => isSameFile(statOrNull(`/proc/${pid}/fd/1`), log));
  if (entries.length === 0 && areAll) throw noWriter(`nobody is found who writes to ${logFile}`);
  return { entries, areAll };
}

async function findPipe(agent: string, server: TmuxServer): Promise<LogPipe> {
  try {
    return await server.pipeOf(agent);
  } catch (error) {
    if (error instanceof TmuxError) throw noWriter(error.message);
    throw error;
  }
}

function isSameFile(one: Stats | null, other: Stats | null): boolean {
  return one !== null && other !== null && one.dev === other.dev && one.ino === other.ino;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    // A process that has ended meanwhile has no descriptors any more.
    return null;
  }
}

function noWriter(message: string): HoldStillError {
  return new HoldStillError("no-writer", message);
}
