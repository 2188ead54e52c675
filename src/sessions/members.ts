// Decides which processes of a process table belong to a session.
import { elderKey, type Owner, type ProcessEntry } from "./process-entry.js";
import type { ProcessTable } from "./process-table.js";
import type { ProcessIdentity } from "./session.js";

/** What tells a session's processes from all others. */
export interface SessionTraits {
  readonly leader: ProcessIdentity;
  readonly owner: Owner;
  /** False when the leader's process group may be somebody else's by now, because nobody watched it all the time. */
  readonly trustGroup: boolean;
  /** As in `SessionRef`. */
  readonly elders?: readonly string[] | undefined;
  /** Who belonged to it at the last look: one that is about to be gone has no environment any more to be known by. */
  readonly known?: readonly ProcessEntry[];
}

/** The live processes of a session. */
export interface Members {
  readonly entries: readonly ProcessEntry[];
  /** Whether the leader's process group is the session's and has live processes. */
  readonly group: boolean;
  /** False when the session may have further processes. */
  readonly areAll: boolean;
}

/**
 * A session is every process that carries its owner in the environment, or is in the leader's process group or POSIX
 * session, or descends from one of those. A group alone is not enough: a child that called setsid and lost its parent is
 * out of it. Whoever is older than the leader is none of it, and neither is the daemon, even when an agent started it.
 */
export function membersOf(table: ProcessTable, traits: SessionTraits): Members {
  const { leader, owner, trustGroup, elders = [], known = [] } = traits;
  const isYoungEnough = ({ start }: ProcessEntry): boolean => Number(start) >= Number(leader.start);
  const marked = table.ownedBy(owner).filter(isYoungEnough);
  const now = table.entries.get(leader.pid);
  // A marked process in the group proves that its number was never free in between, so the group is still the session's.
  const group = (trustGroup && !isReused(now, leader)) || marked.some((entry) => isInGroupOf(entry, leader));
  const roots = [
    ...marked,
    ...stillAlive(known, table),
    ...(now?.start === leader.start ? [now] : []),
    ...(now === undefined ? table.orphansOf(leader.pid) : []),
    ...(group ? table.inGroup(leader.pid).filter(isYoungEnough) : []),
  ];
  const { isComplete: areAll } = table;
  return {
    entries: withDescendants(roots, table, new Set(elders)),
    group: group && table.hasGroup(leader.pid),
    areAll,
  };
}

/**
 * Everybody who descends from a process that leads its own group and POSIX session, or is in either. To be asked while
 * that process lives, since its number is nobody else's then.
 */
export function treeOf(table: ProcessTable, leader: ProcessIdentity): readonly ProcessEntry[] {
  const root = table.entries.get(leader.pid);
  const roots = root === undefined ? table.orphansOf(leader.pid) : [root];
  return withDescendants([...roots, ...table.inGroup(leader.pid)], table, new Set());
}

function stillAlive(known: readonly ProcessEntry[], table: ProcessTable): ProcessEntry[] {
  return known.flatMap(({ pid, start }) => {
    const entry = table.entries.get(pid);
    return entry?.start === start ? [entry] : [];
  });
}

function isReused(now: ProcessEntry | undefined, leader: ProcessIdentity): boolean {
  return now !== undefined && now.start !== leader.start;
}

function isInGroupOf(entry: ProcessEntry, leader: ProcessIdentity): boolean {
  return entry.pgid === leader.pid || entry.sid === leader.pid;
}

function withDescendants(
  roots: readonly ProcessEntry[],
  table: ProcessTable,
  elders: ReadonlySet<string>,
): ProcessEntry[] {
  const isYounger = (entry: ProcessEntry): boolean => elders.size === 0 || !elders.has(elderKey(entry));
  const members = new Set(roots.filter(isYounger));
  // A set's iteration reaches what is added on the way.
  for (const { pid } of members) for (const child of table.childrenOf(pid).filter(isYounger)) members.add(child);
  return [...members];
}
