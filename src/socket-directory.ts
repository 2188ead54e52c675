// Where the daemon's sockets live: in the home, or in a short private runtime directory when the home's path is too long.
import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { homeFiles, socketPathFits } from "./paths.js";

export interface SocketSurroundings {
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  /** The environment, of which only XDG_RUNTIME_DIR is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isDirectory: (path: string) => boolean;
}

/** Both kinds of sockets lie on one file system, since the public one is a hard link of the leader's own. */
export interface SocketDirectory {
  /** Path of the public socket, `daemon.sock`. */
  readonly socket: string;
  /** Directory of the candidates' own sockets (see `candidateSocket`). */
  readonly candidates: string;
  /** The runtime directory to be made and checked before use; null when the sockets live in the home. */
  readonly runtimeDirectory: string | null;
}

/** Hexadecimal digits of the random name of a candidate's own socket. */
export const CANDIDATE_ID_LENGTH = 16;

/**
 * Chooses where the sockets of a home live: in the home, else under XDG_RUNTIME_DIR, else in /tmp, where they always fit.
 * `realHome` is the home's real path, since every way of writing it must lead to the same sockets.
 */
export function socketDirectory(realHome: string, surroundings: SocketSurroundings): SocketDirectory {
  const { socket, run } = homeFiles(realHome);
  const inHome = { socket, candidates: run, runtimeDirectory: null };
  if (longestPathFits(inHome, surroundings.platform)) return inHome;
  return inRuntimeDirectory(realHome, surroundings);
}

/** Path of a candidate's own socket; `id` is CANDIDATE_ID_LENGTH random hexadecimal digits, never used twice. */
export function candidateSocket(directory: SocketDirectory, id: string): string {
  return join(directory.candidates, `s.${id}.sock`);
}

function inRuntimeDirectory(realHome: string, surroundings: SocketSurroundings): SocketDirectory {
  const hash = createHash("sha256").update(realHome).digest("hex").slice(0, 16);
  const shared = socketsIn(join("/tmp", `hearth-${surroundings.uid}-${hash}`));
  const runtime = personalRuntimeDirectory(surroundings);
  const personal = runtime === null ? shared : socketsIn(join(runtime, `hearth-${hash}`));
  return longestPathFits(personal, surroundings.platform) ? personal : shared;
}

/** Services and cron jobs often inherit an XDG_RUNTIME_DIR that was never made or went with a login. */
function personalRuntimeDirectory({ env, isDirectory }: SocketSurroundings): string | null {
  const directory = env.XDG_RUNTIME_DIR;
  return directory && isAbsolute(directory) && isDirectory(directory) ? directory : null;
}

function socketsIn(directory: string): SocketDirectory {
  return { socket: join(directory, "daemon.sock"), candidates: directory, runtimeDirectory: directory };
}

/** A candidate's own socket is the longest name in either place. */
function longestPathFits(directory: SocketDirectory, platform: NodeJS.Platform): boolean {
  return socketPathFits(candidateSocket(directory, "0".repeat(CANDIDATE_ID_LENGTH)), platform);
}
