// Windows replaces no file that somebody has open, and cuts none through a descriptor that only appends.
import { renameSync, truncateSync } from "node:fs";
import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../errno.js";
import type { OpenFiles } from "./open-files.js";

/** Somebody reads it just now: a client, or what looks for viruses. */
const IN_USE = ["EPERM", "EACCES", "EBUSY"];
const TRY_FOR_MS = 2_000;
const TRY_AGAIN_MS = 10;

export const openFiles: OpenFiles = {
  replaceOwn({ from, to, letGo, takeUp }) {
    letGo();
    try {
      renameSync(from, to);
    } catch (error) {
      takeUp();
      throw error;
    }
  },
  replace,
  truncate: ({ path }, bytes) => truncateSync(path, bytes),
};

async function replace(from: string, to: string): Promise<void> {
  const deadline = performance.now() + TRY_FOR_MS;
  for (;;) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!hasCode(error, ...IN_USE) || performance.now() > deadline) throw error;
    }
    await sleep(TRY_AGAIN_MS);
  }
}
