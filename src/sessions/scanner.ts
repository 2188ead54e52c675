// Reads the process table once for all who ask at about the same time.
import { isExhaustion } from "./proc-files.js";
import type { ProcessTable, ScanRequest } from "./process-table.js";
import * as linux from "./process-table-linux.js";
import * as other from "./process-table-other.js";

const scanProcesses = process.platform === "linux" ? linux.scanProcesses : other.scanProcesses;

/** Pause after a table that could not be read, as when the daemon is out of descriptors. */
const RETRY_MS = 100;

/** Resolves with a table that was read after the call and has what was requested. */
export type Scan = (request: ScanRequest) => Promise<ProcessTable>;

/** Hundreds of sessions that end or are stopped together share one reading. */
export function createScanner(): Scan {
  let asked: ScanRequest | null = null;
  let pending: Promise<ProcessTable> | null = null;

  const begin = async (): Promise<ProcessTable> => {
    await new Promise((resolve) => setImmediate(resolve));
    const request = asked ?? { abovePid: 0, bornSince: 0 };
    asked = null;
    pending = null;
    return scanUntilReadable(request);
  };

  return (request) => {
    asked = asked === null ? request : widest(asked, request);
    pending ??= begin();
    return pending;
  };
}

function widest(a: ScanRequest, b: ScanRequest): ScanRequest {
  return { abovePid: Math.min(a.abovePid, b.abovePid), bornSince: Math.min(a.bornSince, b.bornSince) };
}

/** An unreadable table must not pass for an empty one: whoever waits to hear "nothing is left" waits longer. */
async function scanUntilReadable(request: ScanRequest): Promise<ProcessTable> {
  for (;;) {
    try {
      return await scanProcesses(request);
    } catch (error) {
      if (!isExhaustion(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
