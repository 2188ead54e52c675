// What each process uses: the processor as ps-list tells it, memory as exactly as the platform does.
import type { ProcessDescriptor } from "ps-list";
import * as linux from "./memory-linux.js";
import * as other from "./memory-other.js";

/** What was told of each process by its PID; null for one that nothing was told of. */
export interface Figures {
  /** In per cent of one core, over the life of the process. */
  cpuPercent(pid: number): number | null;
  /** Resident, in bytes. */
  memoryBytes(pid: number): number | null;
}

const memoryBytes: (pid: number, row: ProcessDescriptor | undefined) => number | null =
  process.platform === "linux" ? linux.memoryBytes : other.memoryBytes;

/** One run of ps-list. Where there is no ps, as in slim images, or it can't be run just now, what it tells is null. */
export async function readFigures(): Promise<Figures> {
  const rows = new Map((await listRows()).map((row) => [row.pid, row]));
  return {
    cpuPercent: (pid) => rows.get(pid)?.cpu ?? null,
    memoryBytes: (pid) => memoryBytes(pid, rows.get(pid)),
  };
}

/** Memory alone: where the kernel tells it, no program has to be run. */
export async function readMemory(): Promise<Figures> {
  if (process.platform !== "linux") return readFigures();
  return { cpuPercent: () => null, memoryBytes: (pid) => memoryBytes(pid, undefined) };
}

async function listRows(): Promise<readonly ProcessDescriptor[]> {
  // Loaded on first use: most daemons are never asked.
  const { default: psList } = await import("ps-list");
  return psList().catch(() => []);
}
