// Looks at the machine for the doctor, changing nothing.
import { accessSync, constants, readdirSync, readFileSync, watch } from "node:fs";
import { codeOf } from "../../errno.js";
import { runBounded } from "../bounded-program.js";
import type { FileWatchesFact, MachineFacts, OpenFilesFact, TmuxFact } from "./machine.js";

export interface MachineLook {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The running daemon's process, whose limits and PATH count; without one this process's own, which it would inherit. */
  readonly daemonPid: number | null;
  readonly timeoutMs: number;
}

export async function lookAtMachine(look: MachineLook): Promise<MachineFacts> {
  const { env, daemonPid } = look;
  return {
    node: { version: process.versions.node, path: process.execPath },
    nodeOptions: env.NODE_OPTIONS?.trim() || null,
    extraCaCerts: extraCaCerts(env.NODE_EXTRA_CA_CERTS),
    hasProc: hasProc(),
    tmux: await tmux(look),
    openFiles: openFiles(daemonPid),
    fileWatches: fileWatches(),
    now: Date.now(),
  };
}

/** Whether processes can be looked at; null where that needs no /proc. */
export function hasProc(): boolean | null {
  return process.platform === "linux" ? readOrNull("/proc/self/stat") !== null : null;
}

function extraCaCerts(path: string | undefined): MachineFacts["extraCaCerts"] {
  return path ? { path, isReadable: isReadable(path) } : null;
}

async function tmux({ env, daemonPid, timeoutMs }: MachineLook): Promise<TmuxFact> {
  if (process.platform === "win32") return { found: "not-here" };
  const PATH = (daemonPid === null ? null : pathOf(daemonPid)) ?? env.PATH;
  const ran = await runBounded("tmux", ["-V"], { timeoutMs, env: { PATH } });
  if (ran.outcome === "missing") return { found: "nothing" };
  if (ran.outcome !== "ended") return { found: "broken", why: ran.why };
  if (ran.code !== 0) return { found: "broken", why: `tmux -V failed: ${ran.stderr.trim() || `code ${ran.code}`}` };
  return { found: "version", version: ran.stdout.trim() };
}

/** The PATH that a process was started with. */
function pathOf(pid: number): string | null {
  const entries = readOrNull(`/proc/${pid}/environ`)?.split("\0") ?? [];
  return entries.find((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? null;
}

function openFiles(daemonPid: number | null): OpenFilesFact | null {
  const limits = readOrNull(`/proc/${daemonPid ?? "self"}/limits`);
  const [, soft = "", hard = ""] = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(limits ?? "") ?? [];
  const limit = daemonPid === null ? hard : soft;
  if (limit === "") return null;
  return {
    limit: limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit),
    used: daemonPid === null ? null : countOf(`/proc/${daemonPid}/fd`),
  };
}

/** The kernel's own word, by watching any directory: how many watches this user has in use is nowhere to be read. */
function fileWatches(): FileWatchesFact {
  const limits = { maxWatches: inotifyLimit("max_user_watches"), maxInstances: inotifyLimit("max_user_instances") };
  try {
    watch("/").close();
    return { refusal: null, ...limits };
  } catch (error) {
    return { refusal: codeOf(error) || String(error), ...limits };
  }
}

function inotifyLimit(name: string): number | null {
  const text = readOrNull(`/proc/sys/fs/inotify/${name}`);
  return text === null ? null : Number(text);
}

function countOf(directory: string): number | null {
  try {
    return readdirSync(directory).length;
  } catch {
    return null;
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Of files that the kernel makes up, which never keep a reader waiting. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
