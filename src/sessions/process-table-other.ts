// Reads the process table where there is no /proc: parents and start times, but neither groups nor environments.
import { hasGroup, listEntries } from "./identity-other.js";
import { ProcessTable, type ScanRequest } from "./process-table.js";

/** Every live process that is young enough, except this one. */
export async function scanProcesses({ bornSince }: ScanRequest): Promise<ProcessTable> {
  const all = [...(await listEntries())];
  const young = all.filter(([pid, { start }]) => pid !== process.pid && Number(start) >= bornSince);
  return new ProcessTable(new Map(young), { ownerKeys: new Map(), hasGroup });
}
