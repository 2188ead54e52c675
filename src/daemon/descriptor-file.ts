// daemon.json on disk: written once the daemon can be reached, removed last, and only by the daemon it names.
import { readFile, rm } from "node:fs/promises";
import { type Descriptor, formatDescriptor, parseDescriptor } from "../../protocol/descriptor.js";
import { writeFileAtomic } from "../storage/atomic-file.js";

export async function writeDescriptor(path: string, descriptor: Descriptor): Promise<void> {
  await writeFileAtomic(path, formatDescriptor(descriptor), { mode: 0o600 });
}

/** Leaves alone what another daemon has written in the meantime. */
export async function removeDescriptor(path: string, instanceId: string): Promise<void> {
  const parsed = parseDescriptor(await readFile(path, "utf8").catch(() => ""));
  if (parsed.ok && parsed.descriptor.instanceId === instanceId) await rm(path, { force: true });
}
