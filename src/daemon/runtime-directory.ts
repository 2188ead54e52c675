// Clears away the places where only this daemon could be reached, when it ends.
import { rm, rmdir } from "node:fs/promises";
import { isPipe } from "../pipe-names-windows.js";

/**
 * To be called last: without a name this daemon's socket can't be reached any more, though its process still counts as
 * alive. A runtime directory in which somebody already stands for the next generation stays.
 */
export async function leaveSockets(ownSocketPath: string, runtimeDirectory: string | null): Promise<void> {
  if (!isPipe(ownSocketPath)) await rm(ownSocketPath, { force: true });
  if (runtimeDirectory !== null) await rmdir(runtimeDirectory).catch(() => {});
}
