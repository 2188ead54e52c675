// Memory of a process on Linux, from the kernel: ps-list tells it in tenths of a per cent of the machine's, which is many MB.
import { isExhaustion, readProcFile } from "./proc-files.js";

/** Resident, in bytes; null when the process is gone or can't be looked at just now. */
export function memoryBytes(pid: number): number | null {
  const kiB = /^VmRSS:\s*(\d+) kB$/m.exec(statusOf(pid))?.[1];
  return kiB === undefined ? null : Number(kiB) * 1024;
}

function statusOf(pid: number): string {
  try {
    return readProcFile(`/proc/${pid}/status`)?.toString("latin1") ?? "";
  } catch (error) {
    if (isExhaustion(error)) return "";
    throw error;
  }
}
