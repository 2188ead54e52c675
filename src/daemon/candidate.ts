// One daemon's candidacy: the socket that only it listens on, and the file that is linked into place as its lock.
import { once } from "node:events";
import { chmod, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import { join } from "node:path";
import { assertSocketPathFits } from "../paths.js";
import { isPipe } from "../pipe-names-windows.js";
import type { LockOwner } from "./generations.js";

export interface Candidate {
  readonly owner: LockOwner;
  /** A complete lock file under a private name; gone when the election is over. */
  readonly file: string;
  readonly server: Server;
}

const CANDIDATE_NAME = /^candidate\.([1-9][0-9]*)\./;

/**
 * Puts a candidate up: writes its file, then listens. In this order, so that whoever finds the leftovers of a crash can
 * tell from the file which socket was its own.
 * @throws {PathError} when the socket's path is too long. Any other failure to write or to listen passes through.
 */
export async function stand(runDirectory: string, owner: LockOwner, server: Server): Promise<Candidate> {
  assertSocketPathFits(owner.socketPath, process.platform);
  const file = join(runDirectory, `candidate.${owner.identity.pid}.${owner.instanceId}`);
  const candidate = { owner, file, server };
  try {
    await writeFile(file, JSON.stringify(owner), { flag: "wx", mode: 0o600 });
    await listen(server, owner.socketPath);
    return candidate;
  } catch (error) {
    await standDown(candidate);
    throw error;
  }
}

/** Ends a candidacy that did not win; closing the listener removes its socket file. */
export async function standDown({ server, file }: Candidate): Promise<void> {
  if (server.listening) server.close();
  await rm(file, { force: true });
}

/** The PID in the name of a candidate's file, readable even when its owner died while writing it; null for other files. */
export function candidatePid(name: string): number | null {
  const pid = CANDIDATE_NAME.exec(name)?.[1];
  return pid === undefined ? null : Number(pid);
}

/**
 * Connections that may wait to be accepted, as many as Linux allows by default; Node's own 511 turn away a part of a
 * thousand clients that come back at once. How many are served is another matter.
 */
const BACKLOG = 4_096;

async function listen(server: Server, socketPath: string): Promise<void> {
  const listening = once(server, "listening");
  server.listen({ path: socketPath, backlog: BACKLOG });
  await listening;
  if (!isPipe(socketPath)) await chmod(socketPath, 0o600);
}
