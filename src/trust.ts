// Whether a directory or file may be used: it must belong to the caller, and nobody else may be able to change it.
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Hint } from "../protocol/hint.js";
import { ClientError, type TrustErrorKind } from "./client-error.js";
import { codeOf } from "./errno.js";
import { configFile, type HomeLocation } from "./paths.js";

/** The user on whose behalf the check is made: effective ids of the process. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
}

/** A path must not or cannot be used; client and daemon exit 78. */
export class TrustError extends ClientError {
  override readonly name = "TrustError";
  constructor(
    kind: TrustErrorKind,
    readonly path: string,
    message: string,
    hint: Hint,
    options?: ErrorOptions,
  ) {
    super(kind, message, hint, options);
  }
}

/**
 * Refuses a home or socket directory that another user owns or can write; symbolic links are followed.
 * A directory that does not exist yet passes.
 * @throws {TrustError}
 */
export function assertPrivateDirectory(directory: string, caller: Caller): void {
  const stats = unlessRefused(directory, () => statSync(directory, { throwIfNoEntry: false }));
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw notDirectory(directory);
  if (stats.uid !== caller.uid) throw anotherOwner(directory, stats, caller);
  if (stats.mode & WRITABLE_BY_OTHERS) throw writableByOthers(directory, stats);
}

/**
 * Refuses a hearth.toml, home or descriptor that was found rather than named, when somebody else could have planted it:
 * it must belong to the caller, and so must every link on the way; see `assertTrustedParents` for the directories above.
 * Of a path that does not exist only those are checked.
 * @throws {TrustError}
 */
export function assertTrustedDiscovery(path: string, caller: Caller): void {
  unlessRefused(path, () => {
    for (const step of linksAndTarget(path)) assertTrustedStep(step, caller);
  });
}

function assertTrustedStep(step: string, caller: Caller): void {
  const stats = lstatSync(step, { throwIfNoEntry: false });
  if (stats !== undefined) assertTrustedEntry(step, stats, caller);
  assertTrustedParents(step, caller);
}

function assertTrustedEntry(path: string, stats: Stats, caller: Caller): void {
  if (stats.uid !== caller.uid) throw anotherOwner(path, stats, caller);
  // Every link has mode 0777; what it points to is the next step.
  if (!stats.isSymbolicLink() && othersCanWrite(stats, caller)) throw writableByOthers(path, stats);
}

/**
 * Refuses a path below a directory that somebody other than the caller and root owns or can write. Directories that
 * everybody can write are fine when sticky, since there nobody can replace what belongs to another.
 */
function assertTrustedParents(path: string, caller: Caller): void {
  const parent = dirname(path);
  if (parent === path) return;
  const stats = statSync(parent);
  if (stats.uid !== caller.uid && stats.uid !== 0) throw anotherOwner(parent, stats, caller);
  if (othersCanWrite(stats, caller) && !(stats.mode & STICKY)) throw writableByOthers(parent, stats);
  assertTrustedParents(parent, caller);
}

/**
 * To be called before anything in a home is read or started. One that was named needs only be private; one that was found
 * must not have been planted either, nor the hearth.toml that led to it.
 * @throws {TrustError}
 */
export function assertTrustedHome(location: HomeLocation, caller: Caller): void {
  if (isDiscovered(location)) {
    const config = configFile(location.home);
    if (config !== null) assertTrustedDiscovery(config, caller);
    assertTrustedDiscovery(location.home, caller);
  }
  assertPrivateDirectory(location.home, caller);
}

/** True for a home that nobody named: it was found through the current directory or the user's own home. */
export function isDiscovered({ origin }: HomeLocation): boolean {
  return origin === "project" || origin === "user";
}

const WRITABLE_BY_GROUP = 0o020;
/** Windows has lists of rights, which Node does not read: a mode says nothing there, and the token alone is the guard. */
const WRITABLE_BY_OTHERS = process.platform === "win32" ? 0 : 0o022;
const STICKY = 0o1000;

/**
 * Whether anybody but the caller (and root) has the right to write, judging by the mode alone.
 * A user private group (Debian, Fedora: same number as the user, umask 002) has nobody else in it, so its right to write
 * is the caller's own. Borrowed from pam_umask's `usergroups`, which likewise makes no such assumption for root.
 */
export function othersCanWrite(stats: Pick<Stats, "mode" | "gid">, caller: Caller): boolean {
  const privateGroup = caller.uid !== 0 && caller.gid === caller.uid && stats.gid === caller.gid;
  return (stats.mode & (privateGroup ? WRITABLE_BY_OTHERS & ~WRITABLE_BY_GROUP : WRITABLE_BY_OTHERS)) !== 0;
}

/** The path itself and, while it is a symbolic link, what it points to; each below its directory's real path. */
function linksAndTarget(path: string): string[] {
  const steps: string[] = [];
  for (let next: string | null = path; next !== null; ) {
    const step = belowRealDirectory(next);
    if (step === null || steps.includes(step)) return steps;
    steps.push(step);
    const isLink = lstatSync(step, { throwIfNoEntry: false })?.isSymbolicLink();
    next = isLink ? resolve(dirname(step), readlinkSync(step)) : null;
  }
  return steps;
}

/** Null when the directory does not exist. */
function belowRealDirectory(path: string): string | null {
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return null;
  return directory === path ? path : join(realpathSync(directory), basename(path));
}

/**
 * Does something to a path.
 * @throws {TrustError} what the file system says against it
 */
export function unlessRefused<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw ["EEXIST", "ENOTDIR"].includes(codeOf(error)) ? notDirectory(path) : notAccessible(path, error);
  }
}

function anotherOwner(path: string, stats: Stats, caller: Caller): TrustError {
  const message = `${path} belongs to user ${stats.uid}, not to you (user ${caller.uid}), so it is not used`;
  return new TrustError(
    "another-owner",
    path,
    message,
    "name a home of your own with --home or HEARTH_HOME, then run `hearth doctor`",
  );
}

function writableByOthers(path: string, stats: Stats): TrustError {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  const message = `${path} can be written by other users (mode ${mode}), so what lies there is not trusted`;
  return new TrustError("writable-by-others", path, message, `run: chmod go-w '${path}', then \`hearth doctor\``);
}

function notDirectory(path: string): TrustError {
  const hint = "move that file away, or name another home with --home or HEARTH_HOME; then run `hearth doctor`";
  return new TrustError("not-a-directory", path, `${path} is not a directory`, hint);
}

export function notAccessible(path: string, cause: unknown): TrustError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint =
    "make it readable and writable for yourself, or name another home with --home or HEARTH_HOME; then run `hearth doctor`";
  return new TrustError("not-accessible", path, `${path} cannot be used: ${reason}`, hint, { cause });
}
