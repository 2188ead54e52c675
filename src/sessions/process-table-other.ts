// Reads the process table where there is no /proc: parents and start times, but neither groups nor environments.
import { hasGroup, listEntries } from "./identity-other.js";
import { ProcessTable } from "./process-table.js";

/** The live processes that started at `bornSince` or later, except this one. */
export async function scanProcesses(bornSince: number): Promise<ProcessTable> {
  const all = [...(await listEntries())];
  const young = all.filter(([pid, { start }]) => pid !== process.pid && Number(start) >= bornSince);
  return new ProcessTable(new Map(young), { ownerKeys: new Map(), hasGroup, isComplete: true });
}
