// Finds the daemon to which this one's agents fall when its lock was deleted and another daemon leads the home.
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { HomeFiles } from "../paths.js";
import type { AgentRecord } from "../supervisor/agent.js";
import type { FencedStore } from "./fenced-store.js";
import type { Incumbent, Leadership } from "./lock.js";

export interface Estate {
  readonly leadership: Leadership;
  readonly files: HomeFiles;
  readonly store: FencedStore;
}

/** Pause between two looks while the daemon is ending, in milliseconds: less than another one needs to begin. */
const LOOK_AGAIN_MS = 20;

/**
 * The daemon that leads this home by now and finds this one's agents in the state there; null when there is none. One that
 * found an empty home, because it was deleted or moved away, would never know of them.
 */
export async function findHeir({ leadership, files, store }: Estate): Promise<Incumbent | null> {
  if (leadership.stillHeld()) return null;
  const rival = await leadership.rival();
  return rival !== null && (await knowsSessions(files, store)) ? rival : null;
}

/**
 * Looks until there is an heir; resolves with null when called off. While the lock is gone and there is none, the state may
 * be written: it is still this daemon's, or it was deleted and this daemon's files have no name any more.
 */
export async function awaitHeir(estate: Estate, signal: AbortSignal): Promise<Incumbent | null> {
  const { leadership, store } = estate;
  while (!signal.aborted) {
    const heir = await findHeir(estate);
    if (heir !== null) return heir;
    if (!leadership.stillHeld()) store.open(() => !leadership.isContested());
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
  return null;
}

/** The hash of a session's token is in no other state: every live session was in the journal before it ran. */
async function knowsSessions(files: HomeFiles, store: FencedStore): Promise<boolean> {
  const state = (await Promise.all([readOrNothing(files.state), readOrNothing(files.journal)])).join("\n");
  const records = [...store.entries("agent").values()] as AgentRecord[];
  return records.every(({ state: { session } }) => session === null || state.includes(session.tokenHash));
}

function readOrNothing(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
