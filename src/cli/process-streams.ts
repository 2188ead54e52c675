// This process as a command sees it.
import type { Surroundings } from "./context.js";

/** The process's own environment and streams. A reader that stops reading, as in `hearth logs | head`, is no failure. */
export function ownSurroundings(): Surroundings {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);
  return { env: process.env, cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr };
}

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
