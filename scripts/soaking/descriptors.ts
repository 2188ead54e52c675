// Counts a process's descriptors, so that one that is leaked shows.
import { readdirSync, readlinkSync } from "node:fs";

/** How many of each kind. */
export type Descriptors = ReadonlyMap<string, number>;

/** @param connections those of clients, which come and go: they are not counted */
export function descriptorsOf(pid: number, connections: number): Descriptors {
  const counts = new Map<string, number>([["socket", -connections]]);
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(`/proc/${pid}/fd/${fd}`);
    if (kind !== null) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** The kinds of which there are more than before. */
export function growthOf(before: Descriptors, now: Descriptors): string[] {
  const grown = [...now].filter(([kind, count]) => count > (before.get(kind) ?? 0));
  return grown.map(([kind, count]) => `${count} of ${kind}, ${before.get(kind) ?? 0} at first`);
}

/** `socket`, `pipe`, `anon_inode:[eventpoll]`, `file` and the like; null when it was closed meanwhile. */
function kindOf(link: string): string | null {
  try {
    const target = readlinkSync(link);
    return target.startsWith("/") ? "file" : target.replace(/:\[\d+\]$/, "");
  } catch {
    return null;
  }
}
