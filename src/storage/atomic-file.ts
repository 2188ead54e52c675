// Replaces a file as a whole: whoever reads it finds the old content or the new, never a part, even after a power cut.
import { readdirSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openFiles } from "./system-files.js";

let written = 0;

/**
 * Writes `content` to `path` by way of a temporary file beside it: fsync, rename, fsync of the directory.
 * `mode` is exact, whatever the umask. Rejects with the system's error; then the temporary file is gone and `path` is
 * as it was (only when the directory's own fsync failed is the new content in place, though perhaps not yet on disk).
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number },
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeWhole(temporary, content, options.mode);
    await openFiles.replace(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** True for names that `writeFileAtomic(file)` leaves behind when the process dies in the middle. */
export function isTemporaryOf(file: string, name: string): boolean {
  return name.startsWith(`${file}.`) && name.endsWith(".tmp");
}

/**
 * Removes from a directory what writers of these files (of any, when left out) left behind when they died; nobody may be
 * writing them now.
 */
export function removeTemporaries(directory: string, files?: readonly string[]): void {
  const isMeant = (name: string): boolean => files?.some((file) => isTemporaryOf(file, name)) ?? name.endsWith(".tmp");
  for (const name of readdirSync(directory))
    if (isMeant(name)) rmSync(join(directory, name), { recursive: true, force: true });
}

/** Makes renames and new files in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory; NTFS journals its renames by itself.
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function temporaryName(path: string): string {
  written += 1;
  return `${path}.${process.pid}-${written}.tmp`;
}

async function writeWhole(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  // In a container an earlier process may well have had the same PID, and died here.
  await rm(path, { force: true });
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
