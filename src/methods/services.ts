// What the methods act through; the daemon's main module provides it.
import type { LogPlace } from "../../protocol/log-place.js";
import type { AgentStatus, NamedAgentDefinition, Result } from "../../protocol/methods.js";
import type { DatedPage, Following, FollowOptions, PageWish } from "../logs/log.js";
import type { AttachedAgents } from "../server/attached-agents.js";
import type { EventHub } from "../server/event-hub.js";
import type { Caller } from "../server/peer.js";
import type { Environments } from "../supervisor/environments.js";
import type { Handoffs } from "../supervisor/handoffs.js";
import type { Poker } from "../supervisor/poker.js";
import type { RequestQueue } from "../supervisor/request-queue.js";
import type { Supervisor } from "../supervisor/supervisor.js";

/** The process itself. */
export interface DaemonControl {
  status(): Result<"daemon.status">;
  /** Whose token this is; null when it is nobody's. */
  authenticate(token: string): Caller | null;
  /** Ends the daemon, and its agents unless they are to be kept. */
  shutDown(options: { readonly reason: string; readonly keepAgents: boolean }): void;
  /**
   * Starts the program on disk as this daemon's successor and ends this one, once it is sure that the successor can start.
   * @throws HearthError `bad-config` or `not-possible`; then nothing has changed
   */
  prepareSuccession(): Promise<() => void>;
  /** @throws HearthError `bad-config`; then nothing has changed */
  reload(): Promise<Result<"daemon.reload">>;
  /** The OpenRPC document. */
  discover(): Promise<Record<string, unknown>>;
}

/** Agents that no configuration file defines. */
export interface AdHocAgents {
  /** @throws HearthError `bad-config` or `not-possible` */
  add(definition: NamedAgentDefinition): Promise<void>;
  /** @throws HearthError `not-possible` for an agent of hearth.toml */
  remove(agent: string): Promise<void>;
}

/** Log files, of agents and the daemon's own (`daemon`). */
export interface ReadableLogs {
  path(name: string): string;
  tail(name: string, bounds: { readonly lines: number; readonly maxBytes: number }): Promise<string[]>;
  page(name: string, wish: PageWish): Promise<DatedPage>;
  /** Where what comes next will stand. */
  end(name: string): LogPlace;
  /** Reads the last `lines`, or goes on `after` a place; `rest` yields whole lines as they are written then, until called off. */
  follow(name: string, options: FollowOptions): Promise<Following>;
}

/** What sessions use of the machine, as one look has shown; null for a session that it has not seen. */
export interface UsageTable {
  of(session: { readonly agent: string; readonly incarnation: number }): NonNullable<AgentStatus["usage"]> | null;
}

/** Looks at the processes of sessions, unless somebody did within the last second. */
export interface SessionUsage {
  read(): Promise<UsageTable>;
}

export interface Services {
  readonly supervisor: Supervisor;
  readonly queue: RequestQueue;
  readonly handoffs: Handoffs;
  readonly poker: Poker;
  readonly environments: Environments;
  readonly attached: AttachedAgents;
  readonly hub: EventHub;
  readonly daemon: DaemonControl;
  readonly adHoc: AdHocAgents;
  readonly logs: ReadableLogs;
  readonly usage: SessionUsage;
  /**
   * What agents write to stderr, where that is kept out of their logs.
   * Its methods throw HearthError `not-possible` for an agent that has none.
   */
  readonly stderrLogs: ReadableLogs;
  readonly now: () => number;
  /** Something went wrong that no caller is there to hear. */
  report(what: string, error: unknown): void;
}
