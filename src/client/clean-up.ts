// Removes what a dead daemon left in its home, and nothing that a new one put there meanwhile.
import { linkSync, lstatSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasCode } from "../errno.js";
import { homeFiles, socketPathFits } from "../paths.js";
import { isPipe } from "../pipe-names-windows.js";
import { notAccessible } from "../trust.js";
import { isListenedOn } from "../unix-sockets.js";
import type { Whereabouts } from "./discover.js";
import { answersPing, type Probe } from "./probe.js";

/**
 * Removes the descriptor and the dead socket of a stale home.
 * @throws {TrustError} the home cannot be written.
 */
export async function cleanUp(whereabouts: Whereabouts, stale: Probe & { readonly state: "stale" }): Promise<void> {
  const { descriptorPath, socketPath, location } = whereabouts;
  const { descriptor } = stale;
  const text = readOrNull(descriptorPath);
  if (text !== null) await removeIf(descriptorPath, (aside) => readOrNull(aside) === text);
  const socket = socketPath ?? descriptor?.socketPath ?? homeFiles(location.home).socket;
  // What a service manager listens on is its own, although no daemon answers there; asking it would start one.
  const isLeft = async (path: string): Promise<boolean> => !isListenedOn(socket) && (await isDead(path));
  if (isSocket(socket) && (await isLeft(socket))) await removeIf(socket, isLeft);
}

/**
 * Takes a file aside, looks at it again, and puts it back when it is not what was meant: between a look and a removal
 * another daemon may have put its own there.
 */
async function removeIf(path: string, isMeant: (aside: string) => boolean | Promise<boolean>): Promise<void> {
  const aside = join(dirname(path), `x.${process.pid}`);
  if (!renamed(path, aside)) return;
  if (!(await isMeant(aside))) putBack(aside, path);
  rmSync(aside, { force: true });
}

function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw notAccessible(dirname(from), error);
  }
}

/** A link, unlike a rename, does not replace what came in its place meanwhile. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

async function isDead(socket: string): Promise<boolean> {
  return socketPathFits(socket, process.platform) && !(await answersPing(socket));
}

function isSocket(path: string): boolean {
  return !isPipe(path) && (lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
