// Reads the process table once for all who ask at about the same time.
import { onPlatform } from "../on-platform.js";
import { isExhaustion } from "./proc-files.js";
import type { Awaitable } from "./process-entry.js";
import type { ProcessTable } from "./process-table.js";
import * as linux from "./process-table-linux.js";
import * as other from "./process-table-other.js";
import * as windows from "./process-table-windows.js";

/**
 * Reads the process table as it is now, for whoever would rather have none than wait for one.
 * @throws the system's error when it can't be read, such as EMFILE
 */
export const scanProcesses = onPlatform<(bornSince: number) => Awaitable<ProcessTable>>({
  linux: linux.scanProcesses,
  windows: windows.scanProcesses,
  other: other.scanProcesses,
});

/** Pause after a table that could not be read, as when the daemon is out of descriptors. */
const RETRY_MS = 100;

/** Resolves with a table that was read after the call and has every process that started at `bornSince` or later. */
export type Scan = (bornSince: number) => Promise<ProcessTable>;

/** Hundreds of sessions that end or are stopped together share one reading. */
export function createScanner(): Scan {
  let earliest = Number.POSITIVE_INFINITY;
  let pending: Promise<ProcessTable> | null = null;

  const begin = async (): Promise<ProcessTable> => {
    await new Promise((resolve) => setImmediate(resolve));
    const bornSince = earliest;
    earliest = Number.POSITIVE_INFINITY;
    pending = null;
    return scanUntilReadable(bornSince);
  };

  return (bornSince) => {
    earliest = Math.min(earliest, bornSince);
    pending ??= begin();
    return pending;
  };
}

/** An unreadable table must not pass for an empty one: whoever waits to hear "nothing is left" waits longer. */
async function scanUntilReadable(bornSince: number): Promise<ProcessTable> {
  for (;;) {
    try {
      return await scanProcesses(bornSince);
    } catch (error) {
      if (!isExhaustion(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
