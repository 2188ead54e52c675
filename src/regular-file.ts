// Opens what has to be a regular file: a pipe would be waited for until somebody writes to it, a device may have no end.
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** Larger is no text that somebody wrote to be read at once. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Something has this name, but it is a directory, a pipe, a device or a socket. */
export class NotRegularFileError extends Error {
  override readonly name = "NotRegularFileError";
  constructor() {
    super("it is not a regular file");
  }
}

/** Opens it for reading, and never waits. Rejects with a NotRegularFileError or the system's error. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  // Before it is opened: whoever waits to write to a pipe would take that for a reader.
  if (!(await stat(path)).isFile()) throw new NotRegularFileError();
  // It may have become a pipe since.
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** All that is in it. Rejects as `openRegularFile` does, and when it is too large. */
export async function readRegularFile(path: string): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    if ((await file.stat()).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
