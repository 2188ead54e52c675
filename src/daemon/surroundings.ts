// Where this daemon lives: its home checked and prepared, its files and sockets.
import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { onPlatform } from "../on-platform.js";
import {
  assertSocketPathFits,
  type HomeFiles,
  type HomeLocation,
  homeFiles,
  locateHome,
  PathError,
  userHome,
} from "../paths.js";
import { isPipe, pipesOf } from "../pipe-names-windows.js";
import { type SocketDirectory, socketDirectory } from "../socket-directory.js";
import { assertPrivateDirectory, assertTrustedHome, type Caller } from "../trust.js";
import { type InheritedSocket, InheritedSocketError } from "./inherited-socket.js";
import type { DaemonOptions } from "./options.js";
import { prepareHome, prepareRuntimeDirectory } from "./private-directories.js";

export interface Surroundings {
  /** Real path of the home. */
  readonly home: string;
  /** The home as it was named: a hearth.toml counts beside a home *named* `.hearth`. */
  readonly namedHome: string;
  readonly caller: Caller;
  readonly files: HomeFiles;
  readonly descriptorPath: string;
  readonly sockets: SocketDirectory;
}

export function findHome(options: Pick<DaemonOptions, "home">): HomeLocation {
  return locateHome({ home: options.home, env: process.env, cwd: process.cwd(), userHome: userHome() });
}

/** On whose behalf this process acts. */
export function effectiveUser(): Caller {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

/**
 * Makes what is missing of the home and its socket directory. A socket that was inherited says itself where clients find it.
 * @throws TrustError when somebody else could interfere, PathError when a socket path is too long or the home's cannot be used, InheritedSocketError
 *   when `--socket` names another place than the one inherited
 */
export function prepareSurroundings(options: DaemonOptions, inherited: InheritedSocket | null): Surroundings {
  const location = findHome(options);
  const caller = effectiveUser();
  assertTrustedHome(location, caller);
  const home = prepareHome(location.home, caller);
  assertCanHoldLog(home);
  const files = homeFiles(home);
  const meant = options.socket === undefined ? usualSockets(home, caller.uid) : socketsBeside(resolve(options.socket));
  const sockets = inherited === null ? meant : inheritedSockets(inherited, meant, options);
  // It will be linked, not bound, so nothing else would notice; but no client could reach it.
  assertSocketPathFits(sockets.socket, process.platform);
  prepareSocketDirectory(sockets, caller);
  return {
    home,
    namedHome: location.home,
    caller,
    files,
    sockets,
    descriptorPath: resolve(options.descriptor ?? files.descriptor),
  };
}

/** What winston-daily-rotate-file takes for no directory. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among them
const NOT_FOR_LOGS = /["<>|\x00-\x1f]/;

/** @throws PathError */
function assertCanHoldLog(home: string): void {
  if (!NOT_FOR_LOGS.test(home)) return;
  throw new PathError(
    "unusable-home",
    `the daemon can keep no log in ${JSON.stringify(home)}: its path has one of " < > | or a control character`,
    "choose another home with --home or HEARTH_HOME; `hearth help files` tells where it is looked for",
  );
}

/**
 * Makes the directory of the sockets if it is missing and this daemon's to make.
 * @throws TrustError when somebody else could interfere
 */
export function prepareSocketDirectory({ socket, runtimeDirectory }: SocketDirectory, caller: Caller): void {
  if (isPipe(socket)) return;
  if (runtimeDirectory !== null) prepareRuntimeDirectory(runtimeDirectory, caller);
  assertPrivateDirectory(dirname(socket), caller);
}

const usualSockets = onPlatform<(home: string, uid: number) => SocketDirectory>({
  linux: unixSockets,
  windows: (home) => ({ ...pipesOf(home, process.env.USERNAME ?? ""), runtimeDirectory: null }),
  other: unixSockets,
});

function unixSockets(home: string, uid: number): SocketDirectory {
  const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return socketDirectory(home, { platform: process.platform, uid, env: process.env, isDirectory });
}

/** A manager may write the usual place in another way, or have a place of its own. */
function inheritedSockets({ path }: InheritedSocket, meant: SocketDirectory, options: DaemonOptions): SocketDirectory {
  if (path === null) return meant;
  if (samePlace(path, meant.socket)) return { ...meant, socket: path };
  if (options.socket === undefined) return socketsBeside(path);
  throw new InheritedSocketError(`the service manager listens on ${path}, but --socket names ${meant.socket}`);
}

function samePlace(one: string, other: string): boolean {
  return realPlace(one) === realPlace(other);
}

function realPlace(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

/** The public socket is a hard link of the leader's own, so both lie in the directory that `--socket` names. */
function socketsBeside(socket: string): SocketDirectory {
  return { socket, candidates: dirname(socket), runtimeDirectory: null };
}
