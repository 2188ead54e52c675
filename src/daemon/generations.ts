// The lock files of a home: reading, creating and removing generations in `run/`.
import { readdirSync, readFileSync } from "node:fs";
import { link, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../errno.js";
import type { ProcessIdentity } from "../sessions/session.js";

/** What a lock file holds: who leads, and the socket that only this process ever listens on. */
export interface LockOwner {
  readonly socketPath: string;
  readonly identity: ProcessIdentity;
  readonly instanceId: string;
}

const LOCK_NAME = /^lock\.([1-9][0-9]*)$/;

export function lockFile(runDirectory: string, generation: number): string {
  return join(runDirectory, `lock.${generation}`);
}

/** Lists the generations that exist, newest first. A directory that is gone holds none. */
export async function listGenerations(runDirectory: string): Promise<number[]> {
  try {
    return generationsAmong(await readdir(runDirectory));
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

/** Reads a generation's owner; null when the file is gone or names no owner. */
export async function readOwner(runDirectory: string, generation: number): Promise<LockOwner | null> {
  return readOwnerFile(lockFile(runDirectory, generation));
}

/** Reads an owner from a lock or a candidate's file; null when it is gone, a directory, or names no owner. */
export async function readOwnerFile(file: string): Promise<LockOwner | null> {
  try {
    return parseOwner(await readFile(file, "utf8"));
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EISDIR")) return null;
    throw error;
  }
}

/** Creates the lock of a generation from a complete file; false when it exists. link(2) is what makes this atomic. */
export async function createLock(runDirectory: string, generation: number, ownerFile: string): Promise<boolean> {
  try {
    await link(ownerFile, lockFile(runDirectory, generation));
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Removes a lock that a newer one has replaced; it may be gone already. Never to be called for the newest. */
export async function removeLock(runDirectory: string, generation: number): Promise<void> {
  await rm(lockFile(runDirectory, generation), { force: true });
}

/**
 * Tells whether this generation is the highest and its lock still this instance's. The instance matters: in a directory
 * that was wiped, another daemon counts from 1 again. Synchronous, so that nothing happens between the two looks. What
 * can't be seen for another reason, such as too many open files, is taken to be there.
 */
export function isHeldBy(runDirectory: string, generation: number, instanceId: string): boolean {
  try {
    if (generationsAmong(readdirSync(runDirectory))[0] !== generation) return false;
    return parseOwner(readFileSync(lockFile(runDirectory, generation), "utf8"))?.instanceId === instanceId;
  } catch (error) {
    return !hasCode(error, "ENOENT", "ENOTDIR", "EISDIR");
  }
}

/** Tells whether the highest generation is another instance's. Synchronous, so that an act can follow at once. */
export function isHeldByAnother(runDirectory: string, instanceId: string): boolean {
  try {
    const newest = generationsAmong(readdirSync(runDirectory))[0];
    if (newest === undefined) return false;
    return parseOwner(readFileSync(lockFile(runDirectory, newest), "utf8"))?.instanceId !== instanceId;
  } catch (error) {
    return !hasCode(error, "ENOENT", "ENOTDIR", "EISDIR");
  }
}

function generationsAmong(names: readonly string[]): number[] {
  return names
    .map((name) => Number(LOCK_NAME.exec(name)?.[1]))
    .filter(Number.isSafeInteger)
    .sort((a, b) => b - a);
}

function parseOwner(text: string): LockOwner | null {
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : null;
  } catch {
    return null;
  }
}

function isOwner(value: unknown): value is LockOwner {
  if (!isRecord(value) || !isRecord(value.identity)) return false;
  const { pid, start, boot, init } = value.identity;
  const strings = [value.socketPath, value.instanceId, start, boot, init];
  // A PID of 0 or below means process groups to kill(2), so it can be nobody's.
  return Number.isSafeInteger(pid) && Number(pid) > 0 && strings.every((entry) => typeof entry === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
