// Memory of a process where there is no /proc: the share of the machine's that ps-list tells.
import { totalmem } from "node:os";
import type { ProcessDescriptor } from "ps-list";

/** Resident, in bytes, as exact as a tenth of a per cent; null where ps-list tells no memory. */
export function memoryBytes(_pid: number, row: ProcessDescriptor | undefined): number | null {
  return row?.memory === undefined ? null : Math.round((row.memory / 100) * totalmem());
}
