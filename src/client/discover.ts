// How a client finds its daemon: the home, its descriptor, and from there the socket with the token.
import { readFileSync } from "node:fs";
import { type ParsedDescriptor, parseDescriptor } from "../../protocol/descriptor.js";
import { hasCode } from "../errno.js";
import { configFile, type HomeLocation, homeFiles, locateHome, userHome } from "../paths.js";
import { assertTrustedDiscovery, assertTrustedHome, type Caller, isDiscovered, TrustError } from "../trust.js";
import { descriptorNewer, offline } from "./errors.js";

/** What a caller may say about where the daemon is; whatever is left out is found. */
export interface DiscoverOptions {
  /** The home (`--home`). */
  readonly home?: string | undefined;
  /** Path of the descriptor (`--descriptor`). */
  readonly descriptor?: string | undefined;
  /** Path of the socket (`--socket`). */
  readonly socket?: string | undefined;
  /** HEARTH_HOME, HEARTH_SOCKET and HEARTH_TOKEN are read; defaults to the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where the search for hearth.toml begins; defaults to the current directory. */
  readonly cwd?: string | undefined;
}

/** Where a daemon's files are, whether it runs or not. */
export interface Whereabouts {
  readonly location: HomeLocation;
  readonly descriptorPath: string;
  /** The socket that was named; null: the descriptor says. */
  readonly socketPath: string | null;
  /** The session's own token from HEARTH_TOKEN; null: the operator's, in the descriptor. */
  readonly token: string | null;
}

/** All it takes to attach. */
export interface Endpoint {
  readonly socketPath: string;
  readonly token: string;
}

/**
 * Finds the home and its descriptor, and refuses what somebody else could have planted.
 * @throws {TrustError} a home, hearth.toml or descriptor that is not safely the caller's.
 * @throws {PathError} `--home` is empty, or nothing says where the home is.
 */
export function discover(options: DiscoverOptions = {}): Whereabouts {
  const whereabouts = whereaboutsOf(options);
  const needsFiles = whereabouts.socketPath === null || whereabouts.token === null;
  if (needsFiles && options.descriptor === undefined) assertTrusted(whereabouts);
  return whereabouts;
}

/**
 * Where everything is, or would be, whether or not it may be used.
 * @throws {PathError} `--home` is empty, or nothing says where the home is.
 */
export function whereaboutsOf(options: DiscoverOptions = {}): Whereabouts {
  const { env = process.env, cwd = process.cwd() } = options;
  const location = locateHome({ home: options.home, env, cwd, userHome: userHome() });
  const isNamed = options.home !== undefined || options.descriptor !== undefined;
  return {
    location,
    descriptorPath: options.descriptor ?? homeFiles(location.home).descriptor,
    // An agent that names another home means that one's daemon, not the one it lives in.
    socketPath: options.socket ?? (isNamed ? null : env.HEARTH_SOCKET || null),
    token: env.HEARTH_TOKEN || null,
  };
}

/**
 * To be called before a daemon is launched for a home: it is told its home by name, so it cannot see that it was found.
 * @throws {TrustError}
 */
export function assertTrusted({ location, descriptorPath }: Whereabouts): void {
  const caller = currentUser();
  if (caller === null) return;
  assertTrustedHome(location, caller);
  if (!isDiscovered(location)) return;
  const config = configFile(location.home);
  for (const file of [descriptorPath, config]) if (file !== null) assertTrustedDiscovery(file, caller);
}

/**
 * Reads the descriptor; null when there is none. Faults of its content are told, not thrown.
 * @throws {TrustError} it is there and may not be read.
 */
export function readDescriptor(path: string): ParsedDescriptor | null {
  try {
    return parseDescriptor(readFileSync(path, "utf8"));
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return null;
    const hint = "make it a file that you can read, or name another with --descriptor; then run `hearth doctor`";
    throw new TrustError("not-accessible", path, `${path} cannot be read: ${messageOf(error)}`, hint, { cause: error });
  }
}

/**
 * The socket and token to attach with. With HEARTH_TOKEN set the descriptor's token is never used, since an agent would
 * silently become the operator.
 * @throws {ClientError} `offline` or `descriptor-newer`.
 */
export function resolveEndpoint(whereabouts: Whereabouts): Endpoint {
  const { socketPath, token, descriptorPath } = whereabouts;
  if (socketPath !== null && token !== null) return { socketPath, token };
  const parsed = readDescriptor(descriptorPath);
  if (parsed === null) throw offline();
  if (parsed.ok)
    return { socketPath: socketPath ?? parsed.descriptor.socketPath, token: token ?? parsed.descriptor.token };
  if (parsed.reason === "newer-version") throw descriptorNewer(descriptorPath, parsed.detail);
  throw offline(`${descriptorPath}: ${parsed.detail}`);
}

/** On whose behalf this process acts; null where files have no owners in this sense (Windows). */
export function currentUser(): Caller | null {
  const uid = process.geteuid?.();
  const gid = process.getegid?.();
  return uid === undefined || gid === undefined ? null : { uid, gid };
}

/** What something that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
