// Wakes a daemon that a service manager starts on first use: then its socket is there although it is not.
import { realpathSync, statSync } from "node:fs";
import { HearthError } from "../../protocol/errors.js";
import { ClientError } from "../client-error.js";
import { socketDirectory } from "../socket-directory.js";
import { type Connection, openConnection } from "./connection.js";
import type { Whereabouts } from "./discover.js";
import { notAwakened, unresponsive } from "./errors.js";
import type { CallOptions } from "./limit.js";

/**
 * Connects to the socket at the home's place and waits until a daemon answers there; its descriptor is there by then.
 * False when nobody listens, so that nobody could be woken.
 * @throws {ClientError} `launch-failed` when the waiting client was turned away, `unresponsive` when the time is up.
 * @throws {HearthError} `cancelled` by the signal.
 */
export async function awaken(whereabouts: Whereabouts, options: CallOptions): Promise<boolean> {
  const socketPath = whereabouts.socketPath ?? usualSocket(whereabouts.location.home);
  const connection = await openIfListening(socketPath, options);
  if (connection === null) return false;
  try {
    await connection.call("system.ping", {}, options);
    return true;
  } catch (error) {
    if (error instanceof ClientError) throw notAwakened(socketPath);
    if (!(error instanceof HearthError && error.kind === "timed-out")) throw error;
    throw unresponsive(null, `somebody listens on ${socketPath}, but no daemon answers`);
  } finally {
    connection.close();
  }
}

async function openIfListening(socketPath: string, options: CallOptions): Promise<Connection | null> {
  try {
    return await openConnection(socketPath, { notification: () => {}, closed: () => {} }, options);
  } catch (error) {
    if (error instanceof ClientError && error.kind === "offline") return null;
    throw error;
  }
}

/** Where a service manager listens for this home unless it was told otherwise; on Windows none does, so there is nobody. */
export function usualSocket(home: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const uid = process.geteuid?.() ?? 0;
  return socketDirectory(realPath(home), { platform: process.platform, uid, env, isDirectory }).socket;
}

/** A home that does not exist yet is what it is called. */
function realPath(home: string): string {
  try {
    return realpathSync(home);
  } catch {
    return home;
  }
}
