// The logs of all agents, in one directory.
import { join } from "node:path";
import { AgentLog, type LogLimits } from "./agent-log.js";

const EXTENSION = ".log";

/** Path of an agent's log; `/` in a name is spelled `%2F`, so that every agent is one file in one directory. */
export function agentLogPath(directory: string, agent: string): string {
  return join(directory, `${agent.replaceAll("%", "%25").replaceAll("/", "%2F")}${EXTENSION}`);
}

/** A daemon has one, since readers and rotations of a log find each other through it. */
export class AgentLogs {
  readonly #directory: string;
  readonly #limits: () => LogLimits;
  readonly #logs = new Map<string, AgentLog>();

  /** The directory is made when the first log is opened. Limits are asked for at each rotation. */
  constructor(options: { readonly directory: string; readonly limits: () => LogLimits }) {
    this.#directory = options.directory;
    this.#limits = options.limits;
  }

  /** The log of an agent; touches no file. */
  of(agent: string): AgentLog {
    const path = agentLogPath(this.#directory, agent);
    const log = this.#logs.get(path) ?? new AgentLog(path, { limits: this.#limits });
    this.#logs.set(path, log);
    return log;
  }
}
