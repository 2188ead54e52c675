// What the doctor says about the machine: Node, its environment, tmux, limits of the system and the clock.
import { type Finding, fine, note, problem } from "./finding.js";
import { shellWord } from "./shell-word.js";

export interface MachineFacts {
  readonly node: { readonly version: string; readonly path: string };
  /** NODE_OPTIONS; null when it is empty or not set. */
  readonly nodeOptions: string | null;
  readonly extraCaCerts: { readonly path: string; readonly isReadable: boolean } | null;
  /** Whether processes can be looked at in /proc; null where they are told apart otherwise. */
  readonly hasProc: boolean | null;
  readonly tmux: TmuxFact;
  /** Null where it cannot be read. */
  readonly openFiles: OpenFilesFact | null;
  readonly fileWatches: FileWatchesFact;
  /** Unix milliseconds. */
  readonly now: number;
}

/** tmux as the daemon would find it. */
export type TmuxFact =
  | { readonly found: "version"; readonly version: string }
  | { readonly found: "nothing" }
  /** There is none for this system. */
  | { readonly found: "not-here" }
  | { readonly found: "broken"; readonly why: string };

export interface OpenFilesFact {
  /** What the daemon may have open at most; Node raises its own limit to the hard one. */
  readonly limit: number;
  /** What the running daemon has open; null without one. */
  readonly used: number | null;
}

/** Whether a file could be watched just now: the error's code when not. */
export interface FileWatchesFact {
  readonly refusal: string | null;
  readonly maxWatches: number | null;
  readonly maxInstances: number | null;
}

/** What the rest of the examination knows that matters here. */
export interface MachineNeeds {
  /** Whether an agent has a tmux session; null when the agents are not known. */
  readonly tmux: boolean | null;
  /** The file of the home that was written last. */
  readonly newest: { readonly path: string; readonly at: number } | null;
}

export function examineMachine(facts: MachineFacts, needs: MachineNeeds): readonly Finding[] {
  return [
    node(facts.node),
    nodeOptions(facts.nodeOptions),
    extraCaCerts(facts.extraCaCerts),
    ...proc(facts.hasProc),
    tmux(facts.tmux, needs.tmux),
    openFiles(facts.openFiles),
    fileWatches(facts.fileWatches),
    clock(facts.now, needs.newest),
  ];
}

const NEEDED_NODE = { major: 20, minor: 19 } as const;
const NEEDED_TMUX = { major: 3, minor: 3 } as const;

function node({ version, path }: MachineFacts["node"]): Finding {
  const seen = `Node ${version} (${path})`;
  if (isAtLeast(version, NEEDED_NODE)) return fine("node", seen);
  return problem("node", `${seen}; 20.19 or later is needed`, "install a later Node, then run `hearth daemon restart`");
}

function nodeOptions(options: string | null): Finding {
  if (options === null) return fine("node-options", "NODE_OPTIONS is not set");
  const seen = `NODE_OPTIONS is ${options}: the daemon and every agent that runs Node get it, too`;
  return note("node-options", seen, "run `unset NODE_OPTIONS` before the daemon starts, unless they all need it");
}

function extraCaCerts(certs: MachineFacts["extraCaCerts"]): Finding {
  if (certs === null) return fine("extra-ca-certs", "NODE_EXTRA_CA_CERTS is not set");
  const seen = certs.isReadable
    ? `NODE_EXTRA_CA_CERTS is ${certs.path}: Node reads it at every start, which takes longer than all the rest of \`hearth\``
    : `NODE_EXTRA_CA_CERTS is ${certs.path}, which cannot be read: Node complains at every start`;
  return note("extra-ca-certs", seen, "run `unset NODE_EXTRA_CA_CERTS`, and set it for the agents that need it (env)");
}

function proc(hasProc: boolean | null): readonly Finding[] {
  if (hasProc === null) return [];
  if (hasProc) return [fine("proc", "/proc shows the processes")];
  const seen = "/proc is not there: nothing can be told about any process, and no daemon can start";
  return [problem("proc", seen, "run `mount -t proc proc /proc` as root")];
}

function tmux(fact: TmuxFact, isNeeded: boolean | null): Finding {
  const worst = isNeeded === true ? problem : note;
  const why = { true: "an agent needs it", false: "no agent needs it", null: "only tmux agents need it" }[
    `${isNeeded}`
  ];
  if (fact.found === "not-here") {
    const advice = 'take `session = "tmux"` out of its definition, then run `hearth config check`';
    return isNeeded === true
      ? problem("tmux", `${why}, and there is no tmux on Windows`, advice)
      : fine("tmux", `there is none on Windows; ${why}`);
  }
  if (fact.found === "nothing") return worst("tmux", `there is no tmux in PATH; ${why}`, "run `apt install tmux`");
  if (fact.found === "broken") return worst("tmux", `${fact.why}; ${why}`, "see what `tmux -V` says");
  // A build that names no number of its own, as "tmux master", is taken for recent, as the daemon does.
  if (isAtLeast(fact.version, NEEDED_TMUX)) return fine("tmux", fact.version);
  return worst("tmux", `${fact.version} is too old: 3.3 or later is needed; ${why}`, "run `apt install tmux`");
}

/** The first two numbers of "20.19.1" or "tmux next-3.5"; what has none is taken for recent. */
function isAtLeast(version: string, needed: { readonly major: number; readonly minor: number }): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return true;
  return Number(major) > needed.major || (Number(major) === needed.major && Number(minor) >= needed.minor);
}

/** Below this a handful of agents and clients use it up, since each takes several. */
const FEW_FILES = 256;
/** What systems allow where nobody asked for anything else; many agents need more. */
const CUSTOMARY_FILES = 1_024;
const NEARLY_ALL = 0.9;

function openFiles(fact: OpenFilesFact | null): Finding {
  if (fact === null) return fine("open-files", "the limit of open files cannot be read here");
  const { limit, used } = fact;
  const seen = `${used === null ? "" : `${used} of `}${limit} open files`;
  const advice = "run `ulimit -Hn 65536` as root before the daemon starts, or set LimitNOFILE= in its service";
  if (limit < FEW_FILES || (used !== null && used > limit * NEARLY_ALL)) return problem("open-files", seen, advice);
  return limit < CUSTOMARY_FILES ? note("open-files", seen, advice) : fine("open-files", seen);
}

function fileWatches({ refusal, maxWatches, maxInstances }: FileWatchesFact): Finding {
  const limits = maxWatches === null ? "" : ` (the limits: ${maxWatches} watches, ${maxInstances} watchers)`;
  if (refusal === null) return fine("file-watches", `files can be watched${limits}`);
  const key = refusal === "ENOSPC" ? "max_user_watches=524288" : "max_user_instances=1024";
  const seen = `files cannot be watched: ${refusal}${limits}`;
  return problem("file-watches", seen, `run \`sysctl fs.inotify.${key}\` as root`);
}

/** No machine that runs this was set to an earlier time on purpose. */
const EARLIEST = Date.UTC(2025, 0, 1);
const SLACK_MS = 5 * 60_000;

function clock(now: number, newest: MachineNeeds["newest"]): Finding {
  const time = new Date(now).toISOString();
  const advice = "set it, as `timedatectl set-ntp true` does";
  if (now < EARLIEST) return problem("clock", `the clock says ${time}`, advice);
  if (newest === null || newest.at <= now + SLACK_MS) return fine("clock", time);
  const written = `${shellWord(newest.path)} was written at ${new Date(newest.at).toISOString()}`;
  return problem("clock", `the clock says ${time}, but ${written}: it was set back`, advice);
}
