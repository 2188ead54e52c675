// Opens a file of a log for reading; what a definition names for stderr may be anything.
import { type FileHandle, open } from "node:fs/promises";
import { notPossible } from "../../protocol/errors.js";
import { NotRegularFileError, openRegularFile } from "../regular-file.js";

/** Who wants to throw stderr away says so as in a shell. Whatever is read of it ends at once. */
export const NOWHERE = "/dev/null";

/** Never waits. Rejects with HearthError `not-possible` when it is no regular file, or with the system's error. */
export async function openLog(path: string): Promise<FileHandle> {
  if (path === NOWHERE) return open(path, "r");
  try {
    return await openRegularFile(path);
  } catch (error) {
    if (!(error instanceof NotRegularFileError)) throw error;
    throw notPossible(
      `${path} is not a regular file.`,
      "Name another file in the agent's definition, or say `stderr = true`, then run `hearth daemon reload`.",
    );
  }
}
