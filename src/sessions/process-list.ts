// Lists the machine's processes where there is no /proc, through ps-list: one listing for all who ask at about the same time.
import type { ProcessDescriptor } from "ps-list";

let pending: Promise<readonly ProcessDescriptor[]> | null = null;

/** Every process, zombies included; all who ask in one turn of the event loop share one listing. */
export function listProcesses(): Promise<readonly ProcessDescriptor[]> {
  pending ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
    pending = null;
    return read();
  });
  return pending;
}

async function read(): Promise<readonly ProcessDescriptor[]> {
  // Loaded on first use: on Linux only for what people look at.
  const { default: psList } = await import("ps-list");
  return psList();
}
