// Reads the process table on Windows: numbers and parents' numbers, but neither start times, groups nor environments.
import { listEntries } from "./identity-windows.js";
import { ProcessTable } from "./process-table.js";

/** The live processes, except this one; nobody tells their age. */
export async function scanProcesses(): Promise<ProcessTable> {
  const others = [...(await listEntries())].filter(([pid]) => pid !== process.pid);
  return new ProcessTable(new Map(others), {
    ownerKeys: new Map(),
    hasGroup: () => false,
    isComplete: true,
    keepsParents: true,
  });
}
