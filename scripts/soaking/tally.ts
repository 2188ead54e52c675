// Counts what happened in the soak, so that one sees that it did something.
import { agentLogPath } from "../../src/logs/agent-logs.js";
import { homeFiles } from "../../src/paths.js";
import type { Files } from "./clerk.js";
import type { Entry } from "./diary.js";
import type { Examination } from "./examination.js";
import type { Blows } from "./killer.js";
import { backupsOf, type LogEntry, readDaemonLog } from "./logs.js";

export class Tally {
  readonly #home: string;
  readonly #files: Files;
  readonly #examination: Examination;
  readonly #blows = { kills: 0, halts: 0, replacements: 0, starts: 0 };
  #rounds = 0;

  constructor(home: string, files: Files, examination: Examination) {
    this.#home = home;
    this.#files = files;
    this.#examination = examination;
  }

  /** A line about a round that has passed. */
  round(number: number, { told, ...blows }: Blows): string {
    this.#rounds++;
    for (const kind of ["kills", "halts", "replacements", "starts"] as const) this.#blows[kind] += blows[kind];
    const log = readDaemonLog(this.#home);
    const soFar = [
      `${logged(log, "the daemon has started")} daemons`,
      `${logged(log, "agent.adopted")} adoptions`,
      `${this.#sessions()} sessions`,
      `${this.#lines()} lines`,
      `${this.#requests("done")} of ${this.#examination.requests.size} requests done`,
    ];
    return `round ${number}: ${told.join(", ")}\n  so far ${soFar.join(", ")}`;
  }

  /** All of it; what the daemons' logs tell is the least that happened, since a kill costs the last lines. */
  summary(): readonly string[] {
    const { kills, halts, replacements, starts } = this.#blows;
    const log = readDaemonLog(this.#home);
    const daemons = `${logged(log, "the daemon has started")} daemons, ${logged(log, "agent.adopted")} adoptions`;
    const states = (["done", "superseded", "failed"] as const).map((state) => `${this.#requests(state)} ${state}`);
    const { asked, calls, refusals } = this.#files;
    return [
      `${this.#rounds} rounds: ${kills} kills, ${halts} halts, ${replacements} replacements, ${starts} starts; ${daemons}`,
      `agents: ${this.#sessions()} sessions, ${this.#inherited()} handoffs, ${this.#lines()} lines, ${this.#rotations()} rotated logs`,
      `they had ${this.#did("crash")} crashes, ${this.#did("hang")} hangs, ${this.#did("fork")} forks; heard ${this.#did("hear-heartbeat")} heartbeats, ${this.#did("hear-poke")} pokes`,
      `requests: ${states.join(", ")}; ${asked.length} of the operator's were answered, among ${calls} calls with ${refusals} refusals`,
      ...warnings(log),
    ];
  }

  #diaries() {
    return [...this.#examination.diaries.values()].flat();
  }

  #sessions(): number {
    return this.#diaries().length;
  }

  #lines(): number {
    return sum(this.#examination.lines.values());
  }

  #rotations(): number {
    const agents = [...this.#examination.lines.keys()];
    return sum(agents.map((agent) => backupsOf(agentLogPath(homeFiles(this.#home).agentLogs, agent)).length));
  }

  #inherited(): number {
    const entries = this.#diaries().flatMap((diary) => diary.entries);
    return entries.filter((entry) => entry.did === "inherit" && entry.handoff !== null).length;
  }

  #did(what: Entry["did"]): number {
    return sum(this.#diaries().map(({ entries }) => entries.filter(({ did }) => did === what).length));
  }

  #requests(state: string): number {
    return [...this.#examination.requests.values()].filter((request) => request.state === state).length;
  }
}

function logged(log: readonly LogEntry[], message: string): number {
  return log.filter((entry) => entry.message === message).length;
}

/** What the daemons' logs warn of, with how often. */
function warnings(log: readonly LogEntry[]): string[] {
  const messages = log.filter(({ level }) => level === "warn").map(({ message }) => message);
  return [...new Set(messages)].map((message) => `a daemon warned ${logged(log, message)} times: ${message}`);
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
