// The logs of all agents, in one directory.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AgentLog, type Rotated } from "./agent-log.js";
import { unlessMissing } from "./missing.js";
import type { LogLimits } from "./rotation.js";
import { rotatedLog } from "./rotation-record.js";
import type { Held } from "./stillness.js";
import { Turns } from "./turns.js";

const EXTENSION = ".log";

/** Path of an agent's log; `/` in a name is spelled `%2F`, so that every agent is one file in one directory. */
export function agentLogPath(directory: string, agent: string): string {
  return join(directory, `${agent.replaceAll("%", "%25").replaceAll("/", "%2F")}${EXTENSION}`);
}

/** The agent whose log has this name; null for other files. */
function agentOf(name: string): string | null {
  if (!name.endsWith(EXTENSION)) return null;
  return name.slice(0, -EXTENSION.length).replaceAll("%2F", "/").replaceAll("%25", "%");
}

export interface Recovery {
  /** Lets the writers go that an earlier daemon held, and resolves when nobody acts for it any more. */
  letGo(held: Held): Promise<void>;
  /** Something could not be done; the rest goes on. */
  report(what: string, error: unknown): void;
}

/** A daemon has one, since readers and rotations of a log find each other through it. */
export class AgentLogs {
  readonly #directory: string;
  readonly #limits: () => LogLimits;
  readonly #rotations = new Turns();
  readonly #logs = new Map<string, AgentLog>();

  /** The directory is made when the first log is opened. Limits are asked for at each rotation. */
  constructor(options: { readonly directory: string; readonly limits: () => LogLimits }) {
    this.#directory = options.directory;
    this.#limits = options.limits;
  }

  /** The log of an agent; touches no file. */
  of(agent: string): AgentLog {
    const path = agentLogPath(this.#directory, agent);
    const log = this.#logs.get(path) ?? new AgentLog(path, { limits: this.#limits, rotations: this.#rotations });
    this.#logs.set(path, log);
    return log;
  }

  /** Calls off every rotation; resolves when none is under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  /**
   * Finishes or undoes every rotation that a daemon that died left; resolves with those that were finished. To be done
   * before sessions are adopted. Rejects with the system's error when the directory can't be read.
   */
  async recover({ letGo, report }: Recovery): Promise<(Rotated & { readonly agent: string })[]> {
    const entries = (await unlessMissing(readdir(this.#directory))) ?? [];
    const agents = entries.map((entry) => agentOf(rotatedLog(entry) ?? "")).filter((agent) => agent !== null);
    const finished: (Rotated & { readonly agent: string })[] = [];
    for (const agent of agents) {
      const letGoOrReport = (held: Held) =>
        letGo(held).catch((error: unknown) => report(`${agent}: what writes to its log may be stopped`, error));
      try {
        const rotated = await this.of(agent).recover(letGoOrReport);
        if (rotated !== null) finished.push({ agent, ...rotated });
      } catch (error) {
        report(`${agent}: the rotation of its log could not be recovered`, error);
      }
    }
    return finished;
  }
}
