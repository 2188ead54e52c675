// What is acknowledged is on disk first; when it can't be, the caller is told so.
import { storageUnavailable } from "../../protocol/errors.js";
import { codeOf } from "../errno.js";
import { StorageError } from "../storage/store.js";

/** Passes on what the work comes to. @throws HearthError `storage-unavailable` when the disk refused it */
export async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isRefusal(error) ? storageUnavailable() : error;
  }
}

/** Whether a disk without room is why something could not be begun: it will pass, and nobody has failed. */
export function isFullDisk(error: unknown): boolean {
  if (error instanceof StorageError) return true;
  return FULL.has(codeOf(error));
}

const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

function isRefusal(error: unknown): boolean {
  return error instanceof StorageError || (error instanceof Error && "syscall" in error);
}
