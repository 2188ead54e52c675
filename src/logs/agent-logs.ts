// The logs of all agents, in one directory.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { unlessMissing } from "../errno.js";
import { AgentLog, type AgentLogOptions, type Rotated } from "./agent-log.js";
import type { LogLimits } from "./rotation.js";
import { rotatedLog } from "./rotation-record.js";
import type { Held } from "./stillness.js";
import { Turns } from "./turns.js";

/** No agent's name has a dot in it, so one ending is never taken for another. */
const EXTENSION = ".log";
const STDERR_EXTENSION = ".err.log";

/** Path of an agent's log; `/` in a name is spelled `%2F`, so that every agent is one file in one directory. */
export function agentLogPath(directory: string, agent: string): string {
  return join(directory, `${stemOf(agent)}${EXTENSION}`);
}

/** Path of what an agent writes to stderr, where that is kept out of its log. */
export function agentStderrPath(directory: string, agent: string): string {
  return join(directory, `${stemOf(agent)}${STDERR_EXTENSION}`);
}

function stemOf(agent: string): string {
  return agent.replaceAll("%", "%25").replaceAll("/", "%2F");
}

/** The agent whose log has this name; null for other files. */
function agentOf(name: string): string | null {
  const extension = [STDERR_EXTENSION, EXTENSION].find((each) => name.endsWith(each));
  if (extension === undefined) return null;
  return name.slice(0, -extension.length).replaceAll("%2F", "/").replaceAll("%25", "%");
}

/** A log of an agent, wherever it is. */
export interface OwnedLog {
  readonly agent: string;
  readonly path: string;
}

export interface Recovery {
  /** Logs outside the directory that may have been rotated. */
  readonly elsewhere: readonly OwnedLog[];
  /** Lets the writers go that an earlier daemon held, and resolves when nobody acts for it any more. */
  letGo(held: Held): Promise<void>;
  /** Something could not be done; the rest goes on. */
  report(what: string, error: unknown): void;
}

export interface AgentLogsOptions {
  readonly directory: string;
  readonly limits: () => LogLimits;
  readonly now: () => number;
}

/** A daemon has one, since readers and rotations of a log find each other through it. */
export class AgentLogs {
  readonly #directory: string;
  readonly #options: AgentLogOptions;
  readonly #logs = new Map<string, AgentLog>();

  /** The directory is made when the first log is opened. Limits are asked for at each rotation; `now` is in unix milliseconds. */
  constructor({ directory, ...options }: AgentLogsOptions) {
    this.#directory = directory;
    this.#options = { ...options, rotations: new Turns() };
  }

  /** The log of an agent; touches no file. */
  of(agent: string): AgentLog {
    return this.at(agentLogPath(this.#directory, agent));
  }

  /** Where an agent's stderr is kept out of its log, if it names no place itself. */
  stderrPath(agent: string): string {
    return agentStderrPath(this.#directory, agent);
  }

  /** The log at a path; touches no file. */
  at(path: string): AgentLog {
    const log = this.#logs.get(path) ?? new AgentLog(path, this.#options);
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
  async recover({ elsewhere, letGo, report }: Recovery): Promise<(Rotated & { readonly agent: string })[]> {
    const finished: (Rotated & { readonly agent: string })[] = [];
    for (const { agent, path } of [...(await this.#rotated()), ...elsewhere]) {
      const letGoOrReport = (held: Held) =>
        letGo(held).catch((error: unknown) => report(`${agent}: what writes to its log may be stopped`, error));
      try {
        const rotated = await this.at(path).recover(letGoOrReport);
        if (rotated !== null) finished.push({ agent, ...rotated });
      } catch (error) {
        report(`${agent}: the rotation of its log could not be recovered`, error);
      }
    }
    return finished;
  }

  /** Logs of the directory that an earlier daemon began to rotate. */
  async #rotated(): Promise<OwnedLog[]> {
    const entries = (await unlessMissing(readdir(this.#directory))) ?? [];
    return entries.flatMap((entry) => {
      const name = rotatedLog(entry) ?? "";
      const agent = agentOf(name);
      return agent === null ? [] : [{ agent, path: join(this.#directory, name) }];
    });
  }
}
