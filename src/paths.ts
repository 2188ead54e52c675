// Where one daemon's files are: the home, what lies in it, its configuration, and how long a socket's path may be.
import { lstatSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { ClientError, type PathErrorKind } from "./client-error.js";

/** How a home was found: told by `--home`, by HEARTH_HOME, by a project's hearth.toml, or the user's own. */
export type HomeOrigin = "explicit" | "environment" | "project" | "user";

export interface HomeLocation {
  /** Absolute path; the directory need not exist yet. */
  readonly home: string;
  readonly origin: HomeOrigin;
}

export interface HomeSearch {
  /** The value of `--home`. */
  readonly home?: string | undefined;
  /** The environment, of which only HEARTH_HOME is read, and on Windows LOCALAPPDATA. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute directory from which hearth.toml is looked for, upwards; empty: it was deleted, and its name is not known. */
  readonly cwd: string;
  /** The user's home directory; null for a user who has none. */
  readonly userHome: string | null;
  /** Defaults to the one this runs on. */
  readonly platform?: NodeJS.Platform;
  /** Tells whether something has this name; defaults to the file system's answer. */
  readonly isThere?: (path: string) => boolean;
}

/** A path cannot serve as what it was meant for. */
export class PathError extends ClientError {
  override readonly name = "PathError";
  declare readonly kind: PathErrorKind;
}

const CONFIG_NAME = "hearth.toml";
const HOME_NAME = ".hearth";

/**
 * Finds the home: `--home`, else HEARTH_HOME, else `.hearth/` beside the nearest hearth.toml at or above the current
 * directory, else `~/.hearth` (on Windows `%LOCALAPPDATA%\Hearth`). An empty HEARTH_HOME counts as unset.
 * @throws {PathError} when `--home` is empty: falling back would act on another daemon than the one that was meant. When
 * only the user's own is left and there is none, as for a bare user number in a container. When the current directory
 * matters and nobody knows it any more.
 */
export function locateHome(search: HomeSearch): HomeLocation {
  const { home, env, cwd, isThere = exists } = search;
  if (home === "") throw emptyHome();
  if (home !== undefined) return { home: from(cwd, home), origin: "explicit" };
  if (env.HEARTH_HOME) return { home: from(cwd, env.HEARTH_HOME), origin: "environment" };
  const project = nearestConfigDirectory(from(cwd, "."), isThere);
  if (project === null) return { home: ownHome(search), origin: "user" };
  // Standing inside a home that holds its own hearth.toml means that home, not a `.hearth/.hearth`.
  return { home: basename(project) === HOME_NAME ? project : join(project, HOME_NAME), origin: "project" };
}

function from(cwd: string, path: string): string {
  if (cwd === "" && !isAbsolute(path)) throw noWorkingDirectory();
  return resolve(cwd, path);
}

/** The directory of the user that this process runs as: HOME, else what the system knows; null when neither says. */
export function userHome(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}

/** Every file and directory of a home, as absolute paths. */
export interface HomeFiles {
  readonly home: string;
  /** How clients find and attach to the daemon. */
  readonly descriptor: string;
  /** The daemon's public socket, when the home's path is short enough to hold it. */
  readonly socket: string;
  /** Checkpoint of the journal. */
  readonly state: string;
  readonly journal: string;
  readonly logs: string;
  readonly daemonLog: string;
  readonly agentLogs: string;
  /** Locks, marks and candidates' sockets: what means nothing to the next boot. */
  readonly run: string;
  /** One mark for each session whose command began to run. */
  readonly started: string;
  /** One pipe for each session that is poked through its standard input. */
  readonly stdin: string;
  readonly handoffs: string;
  /** What agents' environments start from, where that is not the daemon's own. */
  readonly environments: string;
}

/** Names the files of a home; touches none of them. */
export function homeFiles(home: string): HomeFiles {
  const logs = join(home, "logs");
  const run = join(home, "run");
  return {
    home,
    descriptor: join(home, "daemon.json"),
    socket: join(home, "daemon.sock"),
    state: join(home, "state.json"),
    journal: join(home, "journal.ndjson"),
    logs,
    daemonLog: join(logs, "daemon.log"),
    agentLogs: join(logs, "agents"),
    run,
    started: join(run, "started"),
    stdin: join(run, "stdin"),
    handoffs: join(home, "handoffs"),
    environments: join(home, "environments"),
  };
}

/** The configuration that serves a home: hearth.toml inside it, else beside a home named `.hearth`, else null. */
export function configFile(home: string): string | null {
  const candidates = [join(home, CONFIG_NAME)];
  if (basename(home) === HOME_NAME) candidates.push(join(dirname(home), CONFIG_NAME));
  return candidates.find(exists) ?? null;
}

/** Longest path in bytes that a Unix socket can be bound to: sun_path without its closing NUL. */
export function maxSocketPathBytes(platform: NodeJS.Platform): number {
  return platform === "linux" ? 107 : 103;
}

/** Tells whether a Unix socket can be bound to or reached at this path. */
export function socketPathFits(path: string, platform: NodeJS.Platform): boolean {
  return Buffer.byteLength(path) <= maxSocketPathBytes(platform);
}

/**
 * To be called before every listen and connect: Node 20 truncates a longer path in silence and uses another socket.
 * @throws {PathError} of kind `socket-path-too-long`.
 */
export function assertSocketPathFits(path: string, platform: NodeJS.Platform): void {
  if (socketPathFits(path, platform)) return;
  const length = `${Buffer.byteLength(path)} bytes long, the system allows ${maxSocketPathBytes(platform)}`;
  throw new PathError(
    "socket-path-too-long",
    `the socket path is too long (${length}): ${path}`,
    "give a shorter path with --socket, or a shorter home with --home or HEARTH_HOME, then run `hearth doctor`",
  );
}

function nearestConfigDirectory(start: string, isThere: (path: string) => boolean): string | null {
  for (let directory = start; ; directory = dirname(directory)) {
    if (isThere(join(directory, CONFIG_NAME))) return directory;
    if (directory === dirname(directory)) return null;
  }
}

/** Also what is no file: somebody meant it to count, and whoever reads it tells what is wrong with it. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A directory that may not be searched holds nothing that could be used.
    return false;
  }
}

function ownHome({ userHome, env, platform = process.platform }: HomeSearch): string {
  if (platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "Hearth");
  if (userHome !== null) return join(userHome, HOME_NAME);
  const message = "there is no home: HOME is not set, and this user has no directory of its own";
  throw new PathError(
    "no-user-home",
    message,
    "name one with --home or HEARTH_HOME; `hearth help files` tells where it is looked for",
  );
}

function emptyHome(): PathError {
  return new PathError(
    "empty-home",
    "--home is empty",
    "name the directory, or leave --home out; `hearth help files` tells where it is then",
  );
}

/** Something is to be found or made in the current directory, which was deleted. */
export function noWorkingDirectory(): PathError {
  return new PathError(
    "no-working-directory",
    "the working directory is gone: it was deleted",
    "go to another one, or name a home with --home or HEARTH_HOME; `hearth help files` tells where it is looked for",
  );
}
