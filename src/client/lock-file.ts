// Reads who holds a home: the newest of its lock files, and whether the process it names is there.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ProcessStart } from "../../protocol/descriptor.js";
import { homeFiles } from "../paths.js";
import type { Whereabouts } from "./discover.js";
import type { Holder } from "./held-elsewhere.js";
import { readOrdinaryFile } from "./ordinary-file.js";
import { type ProcessLife, processLife } from "./process-identity.js";

export type LockFact =
  | { readonly state: "none" }
  | { readonly state: "unreadable"; readonly path: string; readonly why: string }
  | {
      readonly state: "named";
      readonly path: string;
      readonly pid: number;
      readonly instanceId: string;
      /** The socket that only its process listens on. */
      readonly socketPath: string;
      readonly life: ProcessLife;
    };

const LOCK_NAME = /^lock\.([1-9][0-9]*)$/;

/** The lock of the highest generation in a home's run directory. */
export function readLock(runDirectory: string): LockFact {
  const newest = Math.max(0, ...namesIn(runDirectory).map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0)));
  if (newest === 0) return { state: "none" };
  const path = join(runDirectory, `lock.${newest}`);
  const read = readOrdinaryFile(path);
  if ("why" in read) return { state: "unreadable", path, why: read.why };
  const owner = parseOwner(read.text);
  if (owner === null) return { state: "unreadable", path, why: "it names no process" };
  const { pid, ...began } = owner.identity;
  const { instanceId, socketPath } = owner;
  return { state: "named", path, pid, instanceId, socketPath, life: processLife(pid, began) };
}

/** The living process that holds a home. A descriptor that was named without a home says nothing about the one that is found. */
export function holderOf({ location, descriptorPath }: Whereabouts): Holder | null {
  const { run, descriptor } = homeFiles(location.home);
  if (location.origin !== "explicit" && descriptorPath !== descriptor) return null;
  const lock = readLock(run);
  if (lock.state !== "named" || lock.life === "gone") return null;
  // Elsewhere its number may have passed to another program since; a daemon that ends takes its socket away.
  return process.platform === "linux" || existsSync(lock.socketPath) ? lock : null;
}

/** The names in a directory; none when it cannot be read. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

interface Owner {
  readonly socketPath: string;
  readonly instanceId: string;
  readonly identity: ProcessStart & { readonly pid: number };
}

function parseOwner(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    const { pid, start, boot, init } = owner?.identity ?? {};
    const texts = [owner?.socketPath, owner?.instanceId, start, boot, init];
    const isWhole = Number.isSafeInteger(pid) && Number(pid) > 0 && texts.every((text) => typeof text === "string");
    return isWhole ? (owner as Owner) : null;
  } catch {
    return null;
  }
}
