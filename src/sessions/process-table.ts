// Finds live processes by owner, group and parent: one reading of the machine's process table, indexed on first use.
import type { Owner, ProcessEntry } from "./process-entry.js";
import type { AgentIncarnation } from "./session.js";

/** What a platform knows beside the entries. */
export interface ProcessSource {
  /** `ownerKey` of the environment each process was started with, where it names an owner. */
  readonly ownerKeys: ReadonlyMap<number, string>;
  /** Whether a group has a live process, where entries do not tell groups; null where they do. */
  readonly hasGroup: ((pgid: number) => boolean) | null;
  /** False when processes came and went too fast to be read, so that some may be missing. */
  readonly isComplete: boolean;
  /** True where a process keeps the number of a parent that is gone. */
  readonly keepsParents?: boolean;
}

/** The processes that name one incarnation as their owner. */
export interface OwnedProcesses extends AgentIncarnation {
  readonly entries: readonly ProcessEntry[];
}

/** Compares environments: equal for equal owners, never empty. */
export function ownerKey(home: string, agent: string, incarnation: string): string {
  return `${home}\0${agent}\0${incarnation}`;
}

export class ProcessTable {
  #byOwner: Map<string | undefined, ProcessEntry[]> | null = null;
  #byGroup: Map<number | null, ProcessEntry[]> | null = null;
  #byParent: Map<number, ProcessEntry[]> | null = null;
  readonly #source: ProcessSource;

  constructor(
    readonly entries: ReadonlyMap<number, ProcessEntry>,
    source: ProcessSource,
  ) {
    this.#source = source;
  }

  /** False when some processes may be missing. */
  get isComplete(): boolean {
    return this.#source.isComplete;
  }

  /** Processes whose environment names exactly this owner. */
  ownedBy({ home, agent, incarnation }: Owner): readonly ProcessEntry[] {
    return this.#ownerIndex().get(ownerKey(home, agent, String(incarnation))) ?? [];
  }

  /** Every incarnation that processes of a home name as their owner, with these. */
  ownersIn(home: string): OwnedProcesses[] {
    const owned = this.#ownerIndex().entries();
    return [...owned].flatMap(([key, entries]) => {
      const [ofHome, agent, incarnation] = key?.split("\0") ?? [];
      const isOurs = ofHome === home && agent !== undefined && /^[1-9][0-9]{0,14}$/.test(incarnation ?? "");
      return isOurs ? [{ agent, incarnation: Number(incarnation), entries }] : [];
    });
  }

  /** Processes of a process group, or of the POSIX session of the same number. */
  inGroup(pgid: number): readonly ProcessEntry[] {
    this.#byGroup ??= indexBy(this.entries.values(), ({ pgid, sid }) => (pgid === sid ? [pgid] : [pgid, sid]));
    return this.#byGroup.get(pgid) ?? [];
  }

  childrenOf(pid: number): readonly ProcessEntry[] {
    this.#byParent ??= indexBy(this.entries.values(), ({ ppid }) => [ppid]);
    return this.#byParent.get(pid) ?? [];
  }

  /** Whom a process that is gone has left, where that can be told. */
  orphansOf(pid: number): readonly ProcessEntry[] {
    return this.#source.keepsParents ? this.childrenOf(pid) : [];
  }

  /** True while the group itself (not the POSIX session) has a live process. */
  hasGroup(pgid: number): boolean {
    return this.#source.hasGroup?.(pgid) ?? this.inGroup(pgid).some((entry) => entry.pgid === pgid);
  }

  #ownerIndex(): ReadonlyMap<string | undefined, readonly ProcessEntry[]> {
    this.#byOwner ??= indexBy(this.entries.values(), ({ pid }) => [this.#source.ownerKeys.get(pid)]);
    return this.#byOwner;
  }
}

function indexBy<K>(
  entries: Iterable<ProcessEntry>,
  keysOf: (entry: ProcessEntry) => readonly K[],
): Map<K, ProcessEntry[]> {
  const index = new Map<K, ProcessEntry[]>();
  for (const entry of entries) {
    for (const key of keysOf(entry)) {
      const same = index.get(key);
      if (same === undefined) index.set(key, [entry]);
      else same.push(entry);
    }
  }
  return index;
}
