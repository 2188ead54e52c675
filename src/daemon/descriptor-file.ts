// daemon.json on disk: written once the daemon can be reached, removed last, and only by the daemon it names.
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Descriptor, formatDescriptor, parseDescriptor } from "../../protocol/descriptor.js";
import { onPlatform } from "../on-platform.js";
import { removeTemporaries, writeFileAtomic } from "../storage/atomic-file.js";

const keepsNoToken = onPlatform({ linux: false, windows: true, other: false });

/** Only a leader may. */
export async function writeDescriptor(path: string, descriptor: Descriptor): Promise<void> {
  removeTemporaries(dirname(path), [basename(path)]);
  await writeFileAtomic(path, formatDescriptor(descriptor), { mode: 0o600 });
}

/**
 * Writes it where there is none; true when it did. What somebody else has written is left alone: two daemons that were
 * given the same file would overwrite each other for ever.
 */
export async function writeDescriptorIfMissing(path: string, descriptor: Descriptor): Promise<boolean> {
  if (existsSync(path)) return false;
  await writeDescriptor(path, descriptor);
  return true;
}

/**
 * The token that an earlier daemon left behind when it died, so that clients which read its descriptor a moment ago are
 * not refused by the next one; null after a clean end. On Windows the pipe that it names can be anybody's now, who may have
 * been sent that token.
 */
export async function inheritedToken(path: string): Promise<string | null> {
  if (keepsNoToken) return null;
  const parsed = parseDescriptor(await readFile(path, "utf8").catch(() => ""));
  return parsed.ok ? parsed.descriptor.token : null;
}

/** Leaves alone what another daemon has written in the meantime. */
export async function removeDescriptor(path: string, instanceId: string): Promise<void> {
  const parsed = parseDescriptor(await readFile(path, "utf8").catch(() => ""));
  if (parsed.ok && parsed.descriptor.instanceId === instanceId) await rm(path, { force: true });
}
