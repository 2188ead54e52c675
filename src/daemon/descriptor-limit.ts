// The soft limit of open descriptors that agents get: the one the starter had, since Node raises its own to the hard one.
import { readFileSync } from "node:fs";

/** What systems set where nobody asked for anything else; programs using select(2) rely on it. */
const CUSTOMARY_SOFT_LIMIT = 1_024;

/**
 * The starter's limit: told by the client in HEARTHD_NOFILE, else that of this process's parent, else the customary one;
 * never more than this process may set. Null where limits can't be read (off Linux): agents then keep the daemon's.
 */
export function starterSoftLimit(env: NodeJS.ProcessEnv, parentPid: number): number | null {
  const own = openFileLimits("self");
  if (own === null) return null;
  const told = Number(env.HEARTHD_NOFILE);
  const asked = Number.isSafeInteger(told) && told > 0 ? told : openFileLimits(parentPid)?.soft;
  return Math.min(asked ?? CUSTOMARY_SOFT_LIMIT, own.hard);
}

function openFileLimits(pid: number | "self"): { readonly soft: number; readonly hard: number } | null {
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, "latin1");
    const [, soft = "", hard = ""] = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(limits) ?? [];
    return { soft: asNumber(soft), hard: asNumber(hard) };
  } catch {
    return null;
  }
}

function asNumber(limit: string): number {
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}
