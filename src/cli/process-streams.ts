// This process as a command sees it.
import { isAbsolute } from "node:path";
import type { Hint } from "../../protocol/hint.js";
import type { Surroundings } from "./context.js";
import { EXIT } from "./exit-codes.js";

/** The process's own environment and streams. A reader that stops reading, as in `hearth logs | head`, is no failure. */
export function ownSurroundings(): Surroundings {
  process.stdout.once("error", endWithStdout);
  // What is written after the first failure fails, too. Notes are no reason to leave work half done.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return { env: process.env, cwd: currentDirectory(), stdout: process.stdout, stderr: process.stderr };
}

/** One that was deleted may have a name all the same, by which the shell still knows it; but nothing can be done there. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir("/");
    const { PWD = "" } = process.env;
    // A shell that was started there does not know it either: dash says nothing, zsh ".".
    return isAbsolute(PWD) ? PWD : "";
  }
}

const UNWRITTEN: Hint = "make room or print elsewhere; what was asked for may be done, as `hearth status` tells";

function endWithStdout({ code, message }: NodeJS.ErrnoException): void {
  // EIO: a terminal that is gone.
  const isUnread = code === "EPIPE" || code === "EIO";
  if (!isUnread) process.stderr.write(`hearth: standard output cannot be written: ${message}\nhint: ${UNWRITTEN}\n`);
  // A command that printed its result last has still to say with what code it ends.
  setImmediate(() => process.exit(isUnread ? process.exitCode : EXIT.failed));
}
