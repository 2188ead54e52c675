// Reads one of the store's files, whatever stands at its path.
import { readFile, stat } from "node:fs/promises";
import { codeOf } from "../errno.js";

/** Something stands at the path, but not what should; in words. */
export interface Unreadable {
  readonly unreadable: string;
}

/** These say that nothing can be read just now, not that the file is damaged. */
const EXHAUSTION = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR"]);

/** Null when there is nothing. Rejects with the system's error when it is not the file's fault. */
export async function readStateFile(path: string): Promise<Buffer | Unreadable | null> {
  try {
    // Opening a pipe would wait for a writer.
    if (!(await stat(path)).isFile()) return { unreadable: "it is not a file" };
    return await readFile(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return null;
    if (code === "" || EXHAUSTION.has(code)) throw error;
    return { unreadable: `it cannot be read: ${code}` };
  }
}
