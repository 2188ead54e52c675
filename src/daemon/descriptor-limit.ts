// The soft limit of open descriptors that agents get: the one the starter had, since Node raises its own to the hard one.
import { readFileSync } from "node:fs";

/** What systems set where nobody asked for anything else; programs using select(2) rely on it. */
const CUSTOMARY_SOFT_LIMIT = 1_024;

/**
 * The starter's limit: told by the client in HEARTHD_NOFILE, else read from this process's parent, else the customary one.
 * Null where limits can't be read (off Linux): agents then keep the daemon's.
 */
export function starterSoftLimit(env: NodeJS.ProcessEnv, parentPid: number): number | null {
  const told = Number(env.HEARTHD_NOFILE);
  if (Number.isSafeInteger(told) && told > 0) return told;
  try {
    const [, soft] =
      /^Max open files +(\d+|unlimited)/m.exec(readFileSync(`/proc/${parentPid}/limits`, "latin1")) ?? [];
    return soft === undefined || soft === "unlimited" ? null : Number(soft);
  } catch {
    return process.platform === "linux" ? CUSTOMARY_SOFT_LIMIT : null;
  }
}
