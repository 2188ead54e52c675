// Removes what earlier candidates and leaders left behind; only a leader may, and only of owners that are gone.
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../errno.js";
import { isAlive, readIdentity } from "../sessions/identity.js";
import { candidatePid } from "./candidate.js";
import { type LockOwner, listGenerations, readOwner, readOwnerFile, removeLock } from "./generations.js";
import { nameInPassing } from "./public-socket.js";

/** Older generations that stay: a directory scan is no snapshot, so a slow candidate may yet act on one it has seen. */
const KEPT_GENERATIONS = 2;

/**
 * Removes locks older than the two before the leader's own, and sockets and candidate files whose owner is gone.
 * Best effort: what cannot be removed does no harm, since no socket name is ever used again.
 */
export async function sweepLeftovers(runDirectory: string, ownGeneration: number): Promise<void> {
  await sweepGenerations(runDirectory, ownGeneration);
  await sweepCandidates(runDirectory);
}

async function sweepGenerations(runDirectory: string, ownGeneration: number): Promise<void> {
  const older = (await listGenerations(runDirectory)).filter((generation) => generation < ownGeneration);
  for (const generation of older) {
    await removeDeadSocket(await readOwner(runDirectory, generation));
    if (generation < ownGeneration - KEPT_GENERATIONS) await tolerate(removeLock(runDirectory, generation));
  }
}

async function sweepCandidates(runDirectory: string): Promise<void> {
  for (const name of await readdir(runDirectory)) {
    const pid = candidatePid(name);
    if (pid !== null) await sweepCandidate(join(runDirectory, name), pid);
  }
}

/** A file without a readable owner is one that is being written, or whose writer died before it listened. */
async function sweepCandidate(file: string, pid: number): Promise<void> {
  const owner = await readOwnerFile(file);
  const gone = owner === null ? (await readIdentity(pid)) === null : !(await isAlive(owner.identity));
  if (!gone) return;
  await removeDeadSocket(owner);
  await tolerate(rm(file, { force: true }));
}

/** Removes nothing but sockets: a lock that a person wrote may name any file. */
async function removeDeadSocket(owner: LockOwner | null): Promise<void> {
  if (owner === null || (await isAlive(owner.identity))) return;
  for (const path of [owner.socketPath, nameInPassing(owner.socketPath)]) await tolerate(removeSocket(path));
}

async function removeSocket(path: string): Promise<void> {
  if ((await lstat(path)).isSocket()) await rm(path, { force: true });
}

async function tolerate(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!hasCode(error, "ENOENT", "EPERM", "EACCES", "EISDIR", "ERR_FS_EISDIR", "ENOTDIR", "EBUSY")) throw error;
  }
}
