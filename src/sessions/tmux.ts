// The tmux kind of session: agents that live in a terminal of the home's own tmux server.
import { constants } from "node:os";
import { join } from "node:path";
import { findProgram } from "./command.js";
import { findSessions, type Search } from "./find.js";
import { findUnmarkedPanes } from "./find-unmarked.js";
import { type InheritedLimits, limitsOf } from "./gate.js";
import { runsCommand } from "./gate-decision.js";
import { isFromBeforeReboot, readIdentity } from "./identity.js";
import { incarnationFile, sweepIncarnationFiles } from "./incarnation-file.js";
import { Marks, markText } from "./marks.js";
import { setNiceness } from "./niceness.js";
import { ProcessSession } from "./process-session.js";
import { createScanner } from "./scanner.js";
import {
  type AgentIncarnation,
  type Exit,
  type FoundIncarnation,
  type IsKnown,
  type Launch,
  LaunchError,
  type SessionEvents,
} from "./session.js";
import { TmuxError } from "./tmux-command.js";
import { PaneDeaths, paneOf } from "./tmux-deaths.js";
import { type GateOrders, TmuxGate } from "./tmux-gate.js";
import { findLogWriters } from "./tmux-log-writers.js";
import { type Pane, type PaneDeath, TmuxServer } from "./tmux-server.js";
import { TmuxSession, type TmuxSessionParts, type TmuxSessionRef } from "./tmux-session.js";

export interface TmuxSessionsOptions extends InheritedLimits {
  /** The home, exactly as agents get it in HEARTH_HOME. */
  readonly home: string;
  /** Where gates make their marks: `run/started` of the home. Created when missing. */
  readonly markDirectory: string;
  /** `run` of the home: configuration and FIFOs. Created when missing. */
  readonly runDirectory: string;
  /** Where the server's socket lives: `run` of the home, or a private directory whose path is short enough. */
  readonly socketDirectory: string;
  /** PATH in which tmux is looked for. */
  readonly path: string | undefined;
  readonly clock: { wall(): number };
}

/** As `Adoption`, for tmux sessions. */
export type TmuxAdoption =
  /** Its leader runs, or its end is told by an event right away because tmux has kept it. */
  | { readonly outcome: "alive"; readonly session: TmuxSession }
  | { readonly outcome: "never-ran" }
  | { readonly outcome: "dead"; readonly session: TmuxSession | null; readonly rebooted: boolean };

/** The tmux kind; what it does is what `SessionKind` says. */
export interface TmuxSessions {
  /** Path of the server's socket, for whoever wants to attach: `tmux -S SOCKET attach -t =AGENT:`. */
  readonly socket: string;
  fork(launch: Launch, events: SessionEvents): Promise<TmuxSession>;
  adopt(ref: TmuxSessionRef, owner: AgentIncarnation, events: SessionEvents): Promise<TmuxAdoption>;
  /** Also removes the dead tmux session, which until then keeps the exit status for a daemon that comes after a crash. */
  clearMark(agent: string, incarnation: number): Promise<void>;
  /** Finds panes whose marks are lost by asking the server, when there is one. */
  find(isKnown: IsKnown, options: { readonly thorough: boolean }): Promise<readonly FoundIncarnation[]>;
  /** Also removes dead tmux sessions. */
  sweep(isKept: IsKnown): Promise<void>;
  /**
   * Removes what is left of sessions whose end was told; with the last session the server goes too, and its socket, even
   * if somebody deleted that.
   */
  close(): Promise<void>;
}

/** Sessions in the home's own tmux server. Needs tmux 3.3, /bin/sh and mkfifo(1). */
export function createTmuxSessions(options: TmuxSessionsOptions): TmuxSessions {
  return new OwnTmuxSessions(options);
}

const GATE_FIFO_PREFIX = "gate.";

/** A tmux session that stays until its end is recorded. */
interface Remains {
  readonly incarnation: number;
  ended: boolean;
}

class OwnTmuxSessions implements TmuxSessions {
  readonly #options: TmuxSessionsOptions;
  readonly #marks: Marks;
  readonly #server: TmuxServer;
  readonly #deaths: PaneDeaths;
  readonly #scan = createScanner();
  /** By agent. */
  readonly #remains = new Map<string, Remains>();

  constructor(options: TmuxSessionsOptions) {
    this.#options = options;
    this.#marks = new Marks(options.markDirectory);
    this.#server = new TmuxServer(options);
    this.#deaths = new PaneDeaths(this.#server);
  }

  get socket(): string {
    return this.#server.socket;
  }

  async fork(launch: Launch, events: SessionEvents): Promise<TmuxSession> {
    const orders = this.#ordersFor(launch);
    this.#marks.clear(launch.agent, launch.incarnation);
    const gate = await TmuxGate.make(this.#fifoOf(launch));
    try {
      const ref = await this.#start(launch, gate);
      return this.#lead({ ref, owner: launch, gate: { gate, orders: { ...orders, mark: markText(ref) } }, events });
    } catch (error) {
      gate.abandon();
      // Its pane would keep the server from ending with the last session.
      await this.#server.remove(launch.agent, launch.incarnation).catch(unlessTmuxFailed);
      throw error;
    }
  }

  async adopt(ref: TmuxSessionRef, owner: AgentIncarnation, events: SessionEvents): Promise<TmuxAdoption> {
    const alive = await runsCommand(ref, owner, this.#marks);
    if (!this.#marks.exists(owner.agent, owner.incarnation)) return this.#neverRan(owner);
    const pane = await this.#findPane(ref, owner);
    if (pane === "unknown" ? alive : pane !== undefined)
      return { outcome: "alive", session: this.#lead({ ref, owner, gate: null, events }) };
    const rebooted = await isFromBeforeReboot(ref.identity);
    const { session, processes } = this.#session({ ref, owner, gate: null, events });
    const hasLeftovers = !rebooted && (await processes.hasMembers());
    return { outcome: "dead", session: hasLeftovers ? session : null, rebooted };
  }

  async clearMark(agent: string, incarnation: number): Promise<void> {
    this.#marks.clear(agent, incarnation);
    if (this.#remains.get(agent)?.incarnation === incarnation) await this.#remove(agent, incarnation);
  }

  async find(isKnown: IsKnown, options: { readonly thorough: boolean }): Promise<FoundIncarnation[]> {
    const { home, clock } = this.#options;
    const search: Search = { home, kind: "tmux", marks: this.#marks, scan: this.#scan, isKnown, clock };
    return findSessions(search, (unmarked) => this.#findUnmarked(unmarked), options);
  }

  async sweep(isKept: IsKnown): Promise<void> {
    sweepIncarnationFiles(this.#options.runDirectory, { prefix: GATE_FIFO_PREFIX, isKept });
    this.#marks.sweep(isKept);
    await this.#removeDead(isKept).catch(unlessTmuxFailed);
  }

  async close(): Promise<void> {
    const ended = [...this.#remains].filter(([, { ended }]) => ended);
    await Promise.all(ended.map(([agent, { incarnation }]) => this.#remove(agent, incarnation)));
    await this.#server.removeSocketOfNone();
    if (this.#remains.size === 0) await this.#server.endUnreachable();
  }

  #ordersFor(launch: Launch): Omit<GateOrders, "mark"> {
    const { agent, incarnation, command, cwd, env } = launch;
    const program = findProgram({ program: command[0], cwd, path: env.PATH });
    const limits = limitsOf(launch, this.#options);
    const markFile = this.#marks.file(agent, incarnation);
    return { command: [program, ...command.slice(1)], cwd, env, markFile, limits };
  }

  #fifoOf({ agent, incarnation }: AgentIncarnation): string {
    return join(this.#options.runDirectory, `${GATE_FIFO_PREFIX}${incarnationFile({ agent, incarnation })}`);
  }

  async #start(launch: Launch, gate: TmuxGate): Promise<TmuxSessionRef> {
    const { agent: name, incarnation, logFile, tokenHash, nice } = launch;
    const pane = await this.#create({ name, incarnation, command: gate.command, logFile });
    setNiceness(pane.pid, nice);
    const identity = await readIdentity(pane.pid);
    if (identity === null) throw new Error("the gate ended as soon as it was started");
    return { kind: "tmux", identity, startedAt: this.#options.clock.wall(), tokenHash };
  }

  async #create(session: Parameters<TmuxServer["create"]>[0]): Promise<Pane> {
    try {
      return await this.#server.create(session);
    } catch (error) {
      if (!(error instanceof TmuxError && error.stderr.startsWith("duplicate session"))) throw error;
      await this.#clearName(session.name);
      return this.#server.create(session);
    }
  }

  /** Removes what an earlier incarnation left: a dead session, or a gate that was never recorded. */
  async #clearName(agent: string): Promise<void> {
    const panes = (await this.#server.panes()).filter(({ session }) => session === agent);
    const running = panes.find(({ death, incarnation }) => death === null && this.#hasRun({ agent, incarnation }));
    if (running !== undefined) throw this.#alreadyRunning(agent);
    await this.#server.remove(agent, panes[0]?.incarnation ?? null);
  }

  /** What was not started by a gate of ours is somebody's own session. */
  #hasRun({ agent, incarnation }: { readonly agent: string; readonly incarnation: number | null }): boolean {
    return incarnation === null || this.#marks.exists(agent, incarnation);
  }

  #alreadyRunning(agent: string): LaunchError {
    const message = `a tmux session named ${agent} is running already, and it is none this daemon knows`;
    return new LaunchError(message, `run: tmux -S '${this.socket}' kill-session -t '=${agent}:'`);
  }

  #lead(birth: Birth): TmuxSession {
    const { ref, owner } = birth;
    const { session, processes } = this.#session(birth);
    this.#remains.set(owner.agent, { incarnation: owner.incarnation, ended: false });
    const leader = { session: owner.agent, incarnation: owner.incarnation, identity: ref.identity };
    const watch = this.#deaths.watch(leader, (death) => processes.leaderEnded(this.#exitOf(ref, death)));
    processes.lead({ kind: "adopted", watch });
    return session;
  }

  #session({ ref, owner, gate, events }: Birth): { session: TmuxSession; processes: ProcessSession } {
    const { agent, incarnation } = owner;
    const processes = new ProcessSession(
      {
        ref: { ...ref, kind: "process" },
        owner: { home: this.#options.home, agent, incarnation },
        events: this.#noting(owner, gate, events),
        hasRun: () => this.#marks.exists(agent, incarnation),
        writeStdin: null,
        findWriters: () => findLogWriters(agent, { server: this.#server, scan: this.#scan, leader: ref.identity }),
      },
      { scan: this.#scan, countForks: () => null },
    );
    const session = new TmuxSession({ ref, agent, incarnation, server: this.#server, processes, gate });
    return { session, processes };
  }

  #noting({ agent, incarnation }: AgentIncarnation, gate: Birth["gate"], events: SessionEvents): SessionEvents {
    return {
      exited: (exit, outcome) => {
        gate?.gate.abandon();
        const remains = this.#remains.get(agent);
        if (remains?.incarnation === incarnation) remains.ended = true;
        events.exited(exit, outcome);
      },
      emptied: () => events.emptied(),
    };
  }

  async #findUnmarked(search: Search): Promise<FoundIncarnation[]> {
    try {
      return await findUnmarkedPanes(search, this.#server);
    } catch (error) {
      unlessTmuxFailed(error);
      return [];
    }
  }

  /** tmux keeps a dead session until its end is recorded; a daemon that dies in between leaves it. */
  async #removeDead(isKept: IsKnown): Promise<void> {
    if (!this.#server.mayRun) return;
    for (const { session: agent, incarnation, death } of await this.#server.panes()) {
      if (death === null || incarnation === null || isKept({ agent, incarnation })) continue;
      await this.#server.remove(agent, incarnation);
    }
  }

  async #remove(agent: string, incarnation: number): Promise<void> {
    await this.#server.remove(agent, incarnation);
    if (this.#remains.get(agent)?.incarnation === incarnation) this.#remains.delete(agent);
  }

  async #neverRan({ agent, incarnation }: AgentIncarnation): Promise<TmuxAdoption> {
    // When tmux does not answer, the next session of this name will have to clear it away.
    await this.#server.remove(agent, incarnation).catch(unlessTmuxFailed);
    return { outcome: "never-ran" };
  }

  async #findPane({ identity }: TmuxSessionRef, owner: AgentIncarnation): Promise<Pane | undefined | "unknown"> {
    try {
      return paneOf(await this.#server.panes(), { session: owner.agent, incarnation: owner.incarnation, identity });
    } catch (error) {
      unlessTmuxFailed(error);
      return "unknown";
    }
  }

  #exitOf({ startedAt }: TmuxSessionRef, death: PaneDeath | null): Exit {
    const now = this.#options.clock.wall();
    if (death === null) {
      return { code: null, signal: null, at: now, reason: "exit not observed: its tmux session is gone" };
    }
    // tmux tells whole seconds; an end that was just seen is known better.
    const at = Math.max(startedAt, Math.min(now, (death.atSeconds + 1) * 1_000));
    const signal = death.signal === null ? null : signalName(death.signal);
    return {
      code: death.code,
      signal,
      at,
      reason: signal === null ? `exited with code ${death.code}` : `killed by ${signal}`,
    };
  }
}

/** What a session comes from. */
interface Birth {
  readonly ref: TmuxSessionRef;
  readonly owner: AgentIncarnation;
  readonly gate: TmuxSessionParts["gate"];
  readonly events: SessionEvents;
}

function unlessTmuxFailed(error: unknown): void {
  if (!(error instanceof TmuxError || error instanceof LaunchError)) throw error;
}

function signalName(number: number): string {
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name ?? `signal ${number}`;
}
