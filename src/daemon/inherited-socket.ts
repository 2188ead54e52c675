// The listening socket that a service manager hands to a daemon it starts on first use: sd_listen_fds(3) of systemd.
//
// It stays the manager's: it is served, but neither renamed over nor unlinked, and it goes on taking connections when the
// daemon is gone. libuv unlinks only what it bound itself.
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { isAbsolute } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { listeningSockets } from "../unix-sockets.js";

export interface InheritedSocket {
  readonly descriptor: number;
  /** Where clients find it; null when it has no name that holds everywhere. */
  readonly path: string | null;
}

/** What was handed over is nothing that a daemon could serve. */
export class InheritedSocketError extends Error {
  override readonly name = "InheritedSocketError";
  /** The command or advice that helps. */
  readonly hint =
    "let the socket unit have one ListenStream= with an absolute path, as `hearth service install --print` does";
}

/** Where the first descriptor that is handed over lies: SD_LISTEN_FDS_START. */
const FIRST_DESCRIPTOR = 3;
const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/**
 * The socket that was handed to this very process, if any; what tells of it is taken out of the environment.
 * @throws InheritedSocketError when it is not exactly one Unix socket that takes connections
 */
export function takeInheritedSocket(env: NodeJS.ProcessEnv): InheritedSocket | null {
  const { LISTEN_PID, LISTEN_FDS } = env;
  for (const variable of VARIABLES) delete env[variable];
  if (Number(LISTEN_PID) !== process.pid || LISTEN_FDS === undefined) return null;
  if (LISTEN_FDS !== "1") {
    throw new InheritedSocketError(`the service manager handed over ${LISTEN_FDS} sockets where one is expected`);
  }
  const path = boundPath(FIRST_DESCRIPTOR);
  return { descriptor: FIRST_DESCRIPTOR, path: isAbsolute(path) ? path : null };
}

function boundPath(descriptor: number): string {
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/self/fd/${descriptor}`))?.[1];
  const socket = listeningSockets().find((candidate) => candidate.inode === inode);
  if (socket === undefined) {
    throw new InheritedSocketError(`descriptor ${descriptor} from the service manager is no listening Unix socket`);
  }
  return socket.path;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Serves it beside the leader's own socket, until the process ends. */
export async function serveInherited({ descriptor }: InheritedSocket, server: Server): Promise<void> {
  const listening = once(server, "listening");
  server.listen({ fd: descriptor });
  await listening;
}

/**
 * Whether a name leads to a socket that takes connections. For the holder of an inherited socket: nobody else could be
 * woken by being asked.
 */
export async function leadsToListener(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Closes the connections that wait for a daemon which can't begin. Their clients learn of it at once, and the manager,
 * which starts the daemon as long as somebody waits, does not do so again and again.
 */
export async function turnAway({ descriptor }: InheritedSocket): Promise<void> {
  await serveInherited(
    { descriptor, path: null },
    createServer((socket) => socket.destroy()),
  );
  // Whoever waits is accepted in the first turn.
  await turn();
  await turn();
}
