// `daemon.sock`, the socket that clients know: a hard link of the leader's own socket, never bound.
//
// libuv unlinks the path it bound when it closes, even if that path is a successor's by then; a name that was only ever
// linked is replaced by rename(2) and never removed behind anybody's back.
import { link, lstat, rename, rm } from "node:fs/promises";
import { hasCode } from "../errno.js";
import { isListenedOn } from "../unix-sockets.js";

/** Something that is not a socket lies where the daemon's socket should be; it is left untouched. */
export class SocketPathOccupiedError extends Error {
  override readonly name = "SocketPathOccupiedError";
  /** The command or advice that helps. */
  readonly hint: string;
  constructor(readonly path: string) {
    super(`${path} exists and is not a socket`);
    this.hint = "move it away, or choose another place with --socket or --home; then run `hearth daemon start`";
  }
}

/** Another program, such as a service manager, listens where the daemon's socket should be; it is left untouched. */
export class SocketInUseError extends Error {
  override readonly name = "SocketInUseError";
  /** The command or advice that helps. */
  readonly hint =
    "if it is a service manager, start the daemon through it: `hearth daemon start`; otherwise choose another place with --socket";
  constructor(readonly path: string) {
    super(`another program listens on ${path}, perhaps a service manager`);
  }
}

/**
 * Makes the public name lead to the leader's own socket, replacing a predecessor's. Repeating it mends a removed name.
 * @throws {SocketPathOccupiedError} when the name is taken by something else.
 */
export async function publishSocket(ownSocketPath: string, publicPath: string): Promise<void> {
  await assertSocketOrNothing(publicPath);
  const temporary = nameInPassing(ownSocketPath);
  await rm(temporary, { force: true });
  await link(ownSocketPath, temporary);
  await rename(temporary, publicPath);
  // rename(2) does nothing at all when both names are already the same file.
  await rm(temporary, { force: true });
}

/** A further name of a leader's own socket, there only while it is made public; a leader that dies meanwhile leaves it. */
export function nameInPassing(ownSocketPath: string): string {
  return `${ownSocketPath}.public`;
}

/** Removes the public name if it still leads to the leader's own socket. */
export async function unpublishSocket(ownSocketPath: string, publicPath: string): Promise<void> {
  if (await isPublished(ownSocketPath, publicPath)) await rm(publicPath, { force: true });
}

/** Whether the public name leads to the leader's own socket; false when either is gone. */
export async function isPublished(ownSocketPath: string, publicPath: string): Promise<boolean> {
  const [own, published] = await Promise.all([inode(ownSocketPath), inode(publicPath)]);
  return own !== null && own === published;
}

export async function isSocket(path: string): Promise<boolean> {
  return (await lstatIfAny(path))?.isSocket() ?? false;
}

/** @throws {SocketPathOccupiedError} when anything but a socket has this name. */
export async function assertSocketOrNothing(path: string): Promise<void> {
  const stats = await lstatIfAny(path);
  if (stats !== null && !stats.isSocket()) throw new SocketPathOccupiedError(path);
}

/**
 * No daemon binds the public name, so whoever listens under it is no daemon of this home.
 * @throws {SocketPathOccupiedError} {SocketInUseError} when the name is somebody else's.
 */
export async function assertFree(path: string): Promise<void> {
  await assertSocketOrNothing(path);
  if ((await isSocket(path)) && isListenedOn(path)) throw new SocketInUseError(path);
}

async function inode(path: string): Promise<string | null> {
  const stats = await lstatIfAny(path);
  return stats && `${stats.dev}:${stats.ino}`;
}

async function lstatIfAny(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
