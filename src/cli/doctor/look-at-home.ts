// Looks at the home for the doctor, changing nothing.
import { accessSync, constants, lstatSync, type Stats, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Whereabouts } from "../../client/discover.js";
import { type HomeLocation, homeFiles } from "../../paths.js";
import {
  assertPrivateDirectory,
  assertTrustedDiscovery,
  assertTrustedHome,
  type Caller,
  TrustError,
} from "../../trust.js";
import type { Entry, HomeFacts, Refusal, Volume } from "./home.js";

/** `caller` is null where files have no owners in this sense. */
export function lookAtHome(whereabouts: Whereabouts, caller: Caller | null): HomeFacts {
  const { location } = whereabouts;
  return {
    ...location,
    exists: statOrNull(location.home) !== null,
    refusal: caller === null ? null : refusalOf(() => assertUsable(location, caller)),
    parents: caller === null ? null : refusalOf(() => assertTrustedDiscovery(location.home, caller)),
    entries: entriesOf(whereabouts),
    user: caller?.uid ?? null,
    volumes: volumesOf(location.home),
  };
}

/** Everything on which client and daemon refuse a home. */
function assertUsable(location: HomeLocation, caller: Caller): void {
  assertTrustedHome(location, caller);
  assertPrivateDirectory(location.home, caller);
  if (statOrNull(location.home) === null) return;
  accessSync(location.home, constants.R_OK | constants.W_OK | constants.X_OK);
}

function refusalOf(look: () => void): Refusal | null {
  try {
    look();
    return null;
  } catch (error) {
    if (error instanceof TrustError) return { message: error.message, hint: error.hint };
    const message = error instanceof Error ? error.message : String(error);
    return { message, hint: "make it readable and writable for yourself with `chmod`, or name another with `--home`" };
  }
}

function entriesOf({ location, descriptorPath }: Whereabouts): Entry[] {
  const { socket, state, journal, logs, daemonLog, agentLogs, run, started, handoffs } = homeFiles(location.home);
  const meant: readonly (readonly [Entry["kind"], readonly string[]])[] = [
    ["descriptor", [descriptorPath]],
    ["socket", [socket]],
    ["file", [state, journal, daemonLog]],
    ["directory", [logs, agentLogs, run, started, handoffs]],
  ];
  return meant.flatMap(([kind, paths]) => paths.flatMap((path) => entryAt(path, kind)));
}

function entryAt(path: string, kind: Entry["kind"]): Entry[] {
  const stats = lstatOrNull(path);
  return stats === null ? [] : [{ path, kind, uid: stats.uid, mode: stats.mode, writtenAt: stats.mtimeMs }];
}

function volumesOf(home: string): Volume[] {
  const places = [home, homeFiles(home).logs].map(nearestExisting);
  const onAnother = places.filter((place, at) => at === 0 || deviceOf(place) !== deviceOf(places[0] ?? place));
  return onAnother.flatMap(volumeAt);
}

function volumeAt(path: string): Volume[] {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    // Some file systems, such as btrfs, make inodes as they are needed.
    return [{ holds: path, freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree }];
  } catch {
    return [];
  }
}

function nearestExisting(path: string): string {
  return statOrNull(path) !== null || path === dirname(path) ? path : nearestExisting(dirname(path));
}

function deviceOf(path: string): number | undefined {
  return statOrNull(path)?.dev;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function lstatOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
