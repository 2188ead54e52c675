// Reads files of Linux's /proc that belong to a process which may vanish at any moment.
import { closeSync, openSync, readSync } from "node:fs";
import { codeOf } from "../errno.js";

/** The process is gone, or is somebody else's and none of our business. */
const NOT_TO_BE_READ = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

const EXHAUSTION = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

const FIRST_SIZE_BYTES = 64 * 1024;
/** The kernel allows no longer arguments and environment than this by default (a quarter of an 8 MiB stack), thrice over. */
const LARGEST_SIZE_BYTES = 6 * 1024 * 1024;

/** Reused by every read: a scan touches hundreds of files and keeps none of them. */
let buffer = Buffer.allocUnsafeSlow(FIRST_SIZE_BYTES);

/**
 * The bytes of a /proc file; valid until the next call. Null when the process is gone or may not be looked at.
 *
 * @throws the system's error for anything else, such as EMFILE: "cannot look" must never pass for "is gone"
 */
export function readProcFile(path: string): Buffer | null {
  const descriptor = openProcFile(path);
  if (descriptor === null) return null;
  try {
    return readAll(descriptor);
  } catch (error) {
    if (isNotToBeRead(error)) return null;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function openProcFile(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (isNotToBeRead(error)) return null;
    throw error;
  }
}

function readAll(descriptor: number): Buffer {
  let length = readSync(descriptor, buffer, 0, buffer.length, 0);
  while (length === buffer.length && length < LARGEST_SIZE_BYTES) {
    buffer = Buffer.allocUnsafeSlow(length * 2);
    length = readSync(descriptor, buffer, 0, buffer.length, 0);
  }
  return buffer.subarray(0, length);
}

/** True for an error that says "cannot look now" (out of descriptors or memory) and may pass. */
export function isExhaustion(error: unknown): boolean {
  return EXHAUSTION.has(codeOf(error));
}

function isNotToBeRead(error: unknown): boolean {
  return NOT_TO_BE_READ.has(codeOf(error));
}
