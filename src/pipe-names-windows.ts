// The named pipes of Windows that stand in for sockets: a daemon's public one, and those of its candidates.
import { createHash } from "node:crypto";

/** All pipes of the machine are in this one directory, which is none of the file system's. */
const PIPES = "\\\\.\\pipe";

/** Whether a socket's path is a named pipe: it vanishes with whoever listens, and no file operation may touch it. */
export function isPipe(path: string): boolean {
  return path.toLowerCase().startsWith(`${PIPES}\\`);
}

/** The pipes of one home of one user. Candidates' names are random, so they need nothing else to be told apart. */
export function pipesOf(realHome: string, user: string): { readonly socket: string; readonly candidates: string } {
  // The file system takes every way of writing the letters for the same home.
  const place = `${user}\0${realHome}`.toLowerCase();
  const hash = createHash("sha256").update(place).digest("hex").slice(0, 16);
  return { socket: `${PIPES}\\hearth-${hash}`, candidates: PIPES };
}
