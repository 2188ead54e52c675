// The process kind of session: forks gated commands and adopts what an earlier daemon started.

import type { ChildEnd } from "./child-exit.js";
import { findSessions, type Search } from "./find.js";
import { findUnmarkedProcesses } from "./find-unmarked.js";
import { type Gate, type GateLaunch, type InheritedLimits, limitsOf } from "./gate.js";
import { runsCommand } from "./gate-decision.js";
import { isFromBeforeReboot, readIdentity, thisMachine } from "./identity.js";
import { Marks, markBeginning } from "./marks.js";
import { setNiceness } from "./niceness.js";
import { ProcessSession, type SessionParts } from "./process-session.js";
import { createScanner } from "./scanner.js";
import type {
  Adoption,
  AgentIncarnation,
  Exit,
  FoundIncarnation,
  IsKnown,
  Launch,
  PokeOutcome,
  Session,
  SessionEvents,
  SessionKind,
  SessionRef,
} from "./session.js";
import { StdinFifos } from "./stdin-fifo.js";
import { VitalSigns } from "./vital-signs.js";
import { findProgram, hearsEnd, pathOf, readElders, spawnGate } from "./ways.js";
import { countForks, type ForkCount } from "./young-processes.js";

export interface ProcessSessionsOptions extends InheritedLimits {
  /** The home, exactly as agents get it in HEARTH_HOME. */
  readonly home: string;
  /** Where gates make their marks: `run/started` of the home. Created when missing. */
  readonly markDirectory: string;
  /** Where the pipes for pokes are made: `run/stdin` of the home. Created when missing. */
  readonly stdinDirectory: string;
  /** Whether a session is connected and has been told to end, where no signal can tell it; left out: none is. */
  readonly isAttached?: (session: AgentIncarnation) => boolean;
  readonly clock: { wall(): number };
}

/** Sessions that are processes, led by one in a POSIX session of its own. Needs /bin/sh. */
export function createProcessSessions(options: ProcessSessionsOptions): SessionKind {
  return new ProcessSessions(options);
}

class ProcessSessions implements SessionKind {
  readonly #options: ProcessSessionsOptions;
  readonly #marks: Marks;
  readonly #fifos: StdinFifos;
  readonly #scan = createScanner();
  readonly #vitalSigns = new VitalSigns();
  /** Counted at each exit and not at each start: an old count is still one from before, only less useful. */
  #forks: ForkCount = countForks();
  /** The turn of the latest launch. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ProcessSessionsOptions) {
    this.#options = options;
    this.#marks = new Marks(options.markDirectory);
    this.#fifos = new StdinFifos(options.stdinDirectory);
  }

  async fork(launch: Launch, events: SessionEvents): Promise<Session> {
    await this.#nextTurn();
    const { program, forksBefore } = { program: this.#findProgram(launch), forksBefore: this.#forks };
    this.#marks.clear(launch.agent, launch.incarnation);
    const stdinFifo = launch.stdin === "pokes" ? await this.#fifos.make(launch.agent, launch.incarnation) : null;
    const known = { kind: "process", startedAt: this.#options.clock.wall(), tokenHash: launch.tokenHash } as const;
    const beginning = markBeginning(known, await thisMachine());
    const gate = await this.#spawn(launch, { program, stdinFifo, markBeginning: beginning });
    const ref = { ...known, ...(await this.#identify(gate, launch)) };
    const session = this.#session(ref, launch, events);
    session.lead({ kind: "child", gate, forksBefore });
    gate.onEnd((end) => session.leaderEnded(this.#observed(end)));
    return session;
  }

  /** Each launch has a turn of the event loop to itself: a thousand in one would keep everybody else waiting for seconds. */
  #nextTurn(): Promise<void> {
    this.#turn = this.#turn.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#turn;
  }

  async adopt(ref: SessionRef, owner: AgentIncarnation, events: SessionEvents): Promise<Adoption> {
    const alive = await runsCommand(ref, owner, this.#marks);
    if (!this.#marks.exists(owner.agent, owner.incarnation)) return { outcome: "never-ran" };
    const session = this.#session(ref, owner, events);
    if (alive) return { outcome: "alive", session: this.#watch(session) };
    const rebooted = await isFromBeforeReboot(ref.identity);
    const hasLeftovers = !rebooted && (await session.hasMembers());
    return { outcome: "dead", session: hasLeftovers ? session : null, rebooted };
  }

  async clearMark(agent: string, incarnation: number): Promise<void> {
    this.#fifos.remove(agent, incarnation);
    this.#marks.clear(agent, incarnation);
  }

  async find(isKnown: IsKnown, options: { readonly thorough: boolean }): Promise<FoundIncarnation[]> {
    const { home, clock } = this.#options;
    const search: Search = { home, kind: "process", marks: this.#marks, scan: this.#scan, isKnown, clock };
    return findSessions(search, findUnmarkedProcesses, options);
  }

  async sweep(isKept: IsKnown): Promise<void> {
    this.#fifos.sweep(isKept);
    this.#marks.sweep(isKept);
  }

  async close(): Promise<void> {}

  #findProgram({ command, cwd, env }: Launch): string {
    return findProgram({ program: command[0], cwd, path: pathOf(env) });
  }

  #spawn(
    launch: Launch,
    { program, ...own }: { readonly program: string } & Pick<GateLaunch, "stdinFifo" | "markBeginning">,
  ): Promise<Gate> {
    const { agent, incarnation, command, cwd, env, logFile, stderrFile } = launch;
    const markFile = this.#marks.file(agent, incarnation);
    const argv = [program, ...command.slice(1)];
    const limits = limitsOf(launch, this.#options);
    return spawnGate({ command: argv, cwd, env, logFile, stderrFile, markFile, limits, ...own });
  }

  async #identify(gate: Gate, { nice }: Launch): Promise<Pick<SessionRef, "identity" | "elders">> {
    try {
      setNiceness(gate.pid, nice);
      // Both at once, where they are read out of the same listing.
      const reading = readElders();
      const identity = await readIdentity(gate.pid);
      if (identity === null) throw new Error("the gate ended as soon as it was started");
      const elders = await reading;
      return { identity, ...(elders === null ? {} : { elders }) };
    } catch (error) {
      gate.abandon();
      throw error;
    }
  }

  #session(ref: SessionRef, { agent, incarnation }: AgentIncarnation, events: SessionEvents): ProcessSession {
    const owner = { home: this.#options.home, agent, incarnation };
    const hasRun = (): boolean => this.#marks.exists(agent, incarnation);
    const writeStdin = (message: string): PokeOutcome => this.#fifos.write(agent, incarnation, message);
    const canBeAsked = (): boolean => hearsEnd(() => this.#options.isAttached?.({ agent, incarnation }) ?? false);
    const parts: SessionParts = { ref, owner, events, hasRun, writeStdin, canBeAsked, findWriters: null };
    return new ProcessSession(parts, { scan: this.#scan, countForks: () => this.#countForks() });
  }

  #watch(session: ProcessSession): ProcessSession {
    const watch = this.#vitalSigns.watch(session.ref.identity, () => session.leaderEnded(this.#unobserved()));
    session.lead({ kind: "adopted", watch });
    return session;
  }

  #countForks(): ForkCount {
    this.#forks = countForks();
    return this.#forks;
  }

  #observed({ code, signal }: ChildEnd): Exit {
    const reason = signal === null ? `exited with code ${code}` : `killed by ${signal}`;
    return { code, signal, at: this.#options.clock.wall(), reason };
  }

  #unobserved(): Exit {
    return { code: null, signal: null, at: this.#options.clock.wall(), reason: "exit not observed" };
  }
}
