// Hands the recent events over from a daemon that ends as planned to the next one, in a file that is read once.
import { lstat, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessMissing } from "../errno.js";
import { formatLegacy, parseLegacy } from "../server/event-legacy.js";
import type { EventLegacy } from "../server/event-memory.js";

/** As many events as may be kept at most, of the largest size there is, take less. */
const MAX_BYTES = 10_000 * 32 * 1024;

/** To be called after the last event. A power cut may tear it: it then counts as damaged. */
export async function leaveEvents(runDirectory: string, legacy: EventLegacy): Promise<void> {
  await writeFile(handoverFile(runDirectory), formatLegacy(legacy), { mode: 0o600 });
}

/**
 * What the previous daemon left; null when it left nothing, as after a crash. The file goes before anybody can hear of an
 * event of this daemon's: whoever came after a crash of this one would take it for recent.
 * @throws an error when it is of no use, or the system's when it can't be read or removed.
 */
export async function takeEvents(runDirectory: string): Promise<EventLegacy | null> {
  const file = handoverFile(runDirectory);
  const stats = await unlessMissing(lstat(file));
  if (stats === null) return null;
  const isUsable = stats.isFile() && stats.size <= MAX_BYTES;
  const text = isUsable ? await readFile(file, "utf8") : "";
  await rm(file, { recursive: true });
  const legacy = parseLegacy(text);
  if (legacy === null) throw new Error(`${file} is damaged, or was not written by this version`);
  return legacy;
}

function handoverFile(runDirectory: string): string {
  return join(runDirectory, "events.ndjson");
}
