// This process as a command sees it.
import type { Surroundings } from "./context.js";

/** The process's own environment and streams. A reader that stops reading, as in `hearth logs | head`, is no failure. */
export function ownSurroundings(): Surroundings {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);
  return { env: process.env, cwd: currentDirectory(), stdout: process.stdout, stderr: process.stderr };
}

/** One that was deleted has a name all the same, by which the shell still knows it; but nothing can be done there. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir("/");
    return process.env.PWD ?? "/";
  }
}

function endQuietly(error: NodeJS.ErrnoException): void {
  // EIO: a terminal that is gone.
  if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  process.exit();
}
