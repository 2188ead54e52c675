// Clears away the runtime directory that holds a long home's sockets, when its daemon ends.
import { rm, rmdir } from "node:fs/promises";

/**
 * To be called last: without a name this daemon's socket can't be reached any more, though its process still counts as
 * alive. A directory in which somebody already stands for the next generation stays.
 */
export async function leaveRuntimeDirectory(directory: string | null, ownSocketPath: string): Promise<void> {
  if (directory === null) return;
  await rm(ownSocketPath, { force: true });
  await rmdir(directory).catch(() => {});
}
