// Finds sessions whose marks are lost, by the environments of live processes, and mends their marks.
import { uptime } from "node:os";
import { NAME_PATTERN } from "../../protocol/names.js";
import type { Search } from "./find.js";
import { isGate } from "./gate-decision.js";
import { readIdentity } from "./identity.js";
import { readProcFile } from "./proc-files.js";
import type { ProcessEntry } from "./process-entry.js";
import type { ProcessTable } from "./process-table.js";
import type { AgentIncarnation, FoundIncarnation, ProcessIdentity, SessionRef } from "./session.js";
import type { TmuxServer } from "./tmux-server.js";
import { hashToken } from "./token.js";

/** Length of the unit in which Linux tells when a process was started, the same on every machine that runs Node. */
const MS_PER_TICK = 10;

/**
 * Looks at every process of the machine. The leader of a session is its oldest process, provided that it leads a POSIX
 * session as a gate does. When it has ended, what is left is found under its number, which nobody has: to be swept. What
 * runs in a POSIX session that somebody else leads was started by hand, and is left alone.
 */
export async function findUnmarkedProcesses(search: Search): Promise<FoundIncarnation[]> {
  if (process.platform !== "linux") return [];
  const table = await search.scan(0);
  const owners = table.ownersIn(search.home).filter(({ agent }) => NAME_PATTERN.test(agent));
  const unknown = owners.filter((owned) => !search.isKnown(owned));
  return Promise.all(
    unknown.flatMap(({ entries, ...owner }) => {
      const leader = leaderOf(entries, table);
      if (leader === null || isGate(leader.pid) === true || isTmuxServer(leader.ppid)) return [];
      return [mended(search, owner, leader)];
    }),
  );
}

/** Asks the home's tmux server for panes that nobody knows. */
export async function findUnmarkedPanes(search: Search, server: TmuxServer): Promise<FoundIncarnation[]> {
  const panes = server.mayRun ? await server.panes() : [];
  const found: FoundIncarnation[] = [];
  for (const { session: agent, incarnation, pid, death } of panes) {
    if (incarnation === null || death !== null || isGate(pid) !== false) continue;
    const owner = { agent, incarnation };
    const identity = search.isKnown(owner) ? null : await readIdentity(pid);
    if (identity !== null) found.push(await mended(search, owner, identity));
  }
  return found;
}

function leaderOf(entries: readonly ProcessEntry[], table: ProcessTable): ProcessEntry | null {
  const [oldest] = [...entries].sort((a, b) => Number(a.start) - Number(b.start) || a.pid - b.pid);
  if (oldest === undefined || oldest.sid === null) return null;
  if (oldest.sid === oldest.pid) return oldest;
  return table.entries.has(oldest.sid) ? null : { ...oldest, pid: oldest.sid };
}

/** A pane's program is its server's child; the pane tells of it. */
function isTmuxServer(pid: number): boolean {
  return readProcFile(`/proc/${pid}/comm`)?.toString("latin1").startsWith("tmux: server") ?? false;
}

async function mended(
  { kind, marks, clock }: Search,
  owner: AgentIncarnation,
  { pid, start }: Pick<ProcessEntry, "pid" | "start">,
): Promise<FoundIncarnation> {
  const own = await readIdentity(process.pid);
  if (own === null) throw new Error("cannot read this process's own identity");
  const identity: ProcessIdentity = { ...own, pid, start };
  const ref: SessionRef = {
    kind,
    identity,
    startedAt: clock.wall() - ageOf(identity),
    tokenHash: tokenHashOf(pid),
  };
  marks.mend(owner, ref);
  return { ...owner, ref };
}

/** In milliseconds. What Node says of its own age leaves out how long it took to begin. */
function ageOf({ start }: ProcessIdentity): number {
  return Math.round(uptime() * 1_000 - Number(start) * MS_PER_TICK);
}

/** Of the token it was started with; of none when that is not to be seen, and then nobody is taken for this session. */
function tokenHashOf(pid: number): string {
  const environment = readProcFile(`/proc/${pid}/environ`)?.toString("utf8").split("\0") ?? [];
  const token = environment.find((each) => each.startsWith(TOKEN))?.slice(TOKEN.length);
  return token === undefined ? "" : hashToken(token);
}

const TOKEN = "HEARTH_TOKEN=";
