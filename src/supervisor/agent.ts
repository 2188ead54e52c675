// The shell around one agent's state machine: carries its effects out one at a time and tells it what came of them.
import type { AgentSpec } from "../config/spec.js";
import type { Pause } from "../logs/stillness.js";
import {
  type Exit,
  HoldStillError,
  type Launch,
  LaunchError,
  type PokeOutcome,
  type Session,
  type SessionEvents,
  type SessionKind,
} from "../sessions/session.js";
import { StorageError, type Store } from "../storage/store.js";
import type { Clock } from "./clock.js";
import {
  type AgentEvent,
  type AgentState,
  type Announcement,
  type Effect,
  type ForkFault,
  INITIAL_STATE,
  step,
} from "./machine.js";
import { isFullDisk } from "./on-disk.js";
import { noteState, readHistory, type StateHistory } from "./state-history.js";
import { Watchdog } from "./watchdog.js";
import { whenAborted } from "./when-aborted.js";

/** Incarnation numbers are reserved on disk this many at a time, so that not even a power cut reuses one. */
const RESERVED_AT_ONCE = 100;

/** Where a session's output begins in the files it goes to. */
export interface SessionOutput {
  readonly logFromByte: number;
  /** Null when stderr goes to the log. */
  readonly stderr: StderrOutput | null;
}

export interface StderrOutput {
  readonly file: string;
  readonly fromByte: number;
}

/** An agent as the journal keeps it. What the latest session writes to is not told by older daemons. */
export interface AgentRecord extends Partial<SessionOutput> {
  readonly state: AgentState;
  /** No incarnation up to this one is used again after a reboot. */
  readonly reservedThrough: number;
  /** Its states of the last hour; older daemons did not remember them. */
  readonly history?: StateHistory;
}

/** What the shell acts with; everything that touches the world comes in here. */
export interface AgentWorld {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: Pick<Store, "put" | "written" | "durable" | "failing">;
  /** The kinds of sessions there are. */
  readonly sessions: Readonly<Record<AgentSpec["session"], SessionKind>>;
  /** Environment, token and log file of the next session. */
  prepare(spec: AgentSpec, incarnation: number): Promise<PreparedLaunch>;
  /** Where the stderr of the next session will go; null: to its log. */
  stderrFile(spec: AgentSpec): string | null;
  /** The agent's state has changed. */
  changed(agent: string): void;
  /** Its beats have stopped for so many intervals. */
  missed(agent: string, incarnation: number, intervals: number): void;
  /** Resolves when the ready condition is met, rejects only when called off. */
  awaitReady(spec: AgentSpec, target: ProbeTarget, signal: AbortSignal): Promise<void>;
  announce(agent: string, announcement: Announcement): void;
  /** Something went wrong that no caller is there to hear. */
  report(agent: string, message: string, error: unknown): void;
}

export interface PreparedLaunch {
  readonly launch: Launch;
  readonly output: SessionOutput;
}

/** What became of a poke; `at` is unix milliseconds. */
export interface PokeRecord extends PokeOutcome {
  readonly at: number;
  /** The route it took: `session`, `rpc`, `signal`, `command` or `none`. */
  readonly via: string;
}

/** What became of a signal; Windows has hardly any. */
export type SignalOutcome = "sent" | "not-running" | "no-such-signal";

/** The session whose readiness is watched. */
export interface ProbeTarget {
  readonly incarnation: number;
  readonly output: SessionOutput;
}

/** Who waits for a change hears of it after what the change announced. */
const NEWS = { type: "news" } as const;
type Task = Exclude<Effect, { type: "persist" }> | typeof NEWS;

export class Agent {
  #spec: AgentSpec;
  #state: AgentState;
  #reservedThrough: number;
  #persisted: AgentState | null;
  #session: Session | null = null;
  #output: SessionOutput;
  #history: StateHistory;
  /** Settles when it is known what became of the latest gate that was told to let its command run. */
  #releasing: Promise<void> = Promise.resolve();
  #probe: AbortController | null = null;
  #cancelTimer: (() => void) | null = null;
  #timerFor: number | null = null;
  readonly #effects: Task[] = [];
  #draining = false;
  #isForgotten = false;
  readonly #watchers = new Set<() => void>();
  #watchdog: Watchdog | null = null;
  #watched: number | null = null;
  #lastBeat: number | null = null;
  #lastPoke: PokeRecord | null = null;
  readonly #world: AgentWorld;

  constructor(spec: AgentSpec, record: AgentRecord | null, world: AgentWorld) {
    this.#spec = spec;
    this.#world = world;
    this.#state = record?.state ?? INITIAL_STATE;
    this.#persisted = record?.state ?? null;
    this.#reservedThrough = record?.reservedThrough ?? 0;
    this.#output = { logFromByte: record?.logFromByte ?? 0, stderr: record?.stderr ?? null };
    this.#history = noteState(readHistory(record?.history), this.#state.status, world.clock.mono());
    // A deadline that passed while no daemon ran says nothing about a session nobody has looked for yet.
    if (this.#state.session === null) this.#armTimer();
  }

  get name(): string {
    return this.#spec.name;
  }

  get spec(): AgentSpec {
    return this.#spec;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Its states of the last hour. */
  get history(): StateHistory {
    return this.#history;
  }

  /** Where the stderr of its session goes, or will go once it has one; null: to its log. */
  get stderrFile(): string | null {
    return this.#state.session === null ? this.#world.stderrFile(this.#spec) : (this.#output.stderr?.file ?? null);
  }

  /** Takes a changed definition; what is running goes on as it was started. */
  configure(spec: AgentSpec): void {
    this.#spec = spec;
    this.#watched = null;
    this.#watchOver();
    this.#changed();
  }

  /** Unix milliseconds of its last sign of life; null when this daemon has seen none. */
  get lastBeat(): number | null {
    return this.#lastBeat;
  }

  get lastPoke(): PokeRecord | null {
    return this.#lastPoke;
  }

  /** A sign of life; one of an earlier incarnation changes nothing. */
  beat(incarnation: number): boolean {
    if (incarnation !== this.#state.incarnation || this.#state.session === null) return false;
    this.#lastBeat = this.#world.clock.wall();
    this.#watchdog?.beat();
    return true;
  }

  /** Brings a message to the session itself. */
  async pokeSession(message: string, signal: AbortSignal): Promise<PokeOutcome> {
    const session = this.#session;
    if (session === null) return { delivered: false, detail: "the agent is not running" };
    return session.poke(message, { signal });
  }

  /**
   * Holds whoever writes to the session's log still; see `HoldStill`.
   * @throws HoldStillError with the reason, for one when no session lives
   */
  async holdStill(pause: Pause): Promise<void> {
    if (this.#session === null) throw new HoldStillError("ended", "the agent is not running");
    await this.#session.holdStill(pause);
  }

  /** Notes what became of a poke. */
  poked(record: PokeRecord): void {
    this.#lastPoke = record;
  }

  /** What the session's terminal shows; null when it has none. */
  async capture(lines: number): Promise<readonly string[] | null> {
    return (await this.#session?.capture({ lines })) ?? null;
  }

  /** Tells the machine what happened and carries out what it decides; nothing once this object's work has ended. */
  dispatch(event: AgentEvent): void {
    if (this.#isForgotten) return;
    const { clock, random, store } = this.#world;
    const context = { spec: this.#spec, now: clock.mono(), random: random(), canRecord: !store.failing };
    const { state, effects } = step(this.#state, event, context);
    if (state === this.#state && effects.length === 0) return;
    this.#state = state;
    this.#history = noteState(this.#history, state.status, context.now);
    if (state.session === null) this.#session = null;
    this.#enqueue(effects);
    this.#armTimer();
    this.#callOffStaleProbe();
    this.#watchOver();
    void this.#drain();
  }

  /** Sends one signal to the leader of the live session, without any decision. */
  notify(signal: NodeJS.Signals): SignalOutcome {
    if (this.#session === null) return "not-running";
    return this.#session.notify(signal) ? "sent" : "no-such-signal";
  }

  /** Looks for the session an earlier daemon recorded and lets the machine know what became of it. */
  async recover(): Promise<void> {
    const { session: ref, incarnation } = this.#state;
    if (ref === null) return;
    const owner = { agent: this.name, incarnation };
    const adoption = await this.#world.sessions[ref.kind].adopt(ref, owner, this.#sessionEvents(incarnation));
    if (adoption.outcome === "alive") {
      this.#session = adoption.session;
      this.dispatch({ type: "adopted", incarnation });
      return;
    }
    const ran = adoption.outcome === "dead";
    const rebooted = ran && adoption.rebooted;
    this.#session = ran ? adoption.session : null;
    this.dispatch({
      type: "found-dead",
      incarnation,
      exit: this.#unseenExit(rebooted ? "the machine was restarted" : "exit not observed"),
      ran,
      empty: this.#session === null,
      excused: !ran || rebooted,
    });
  }

  /** Resolves once `reached` says so; rejects with the signal's reason when called off. */
  async until(reached: (state: AgentState) => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (reached(this.#state)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (done: () => void): void => {
        this.#watchers.delete(look);
        forgetSignal();
        done();
      };
      const look = (): void => {
        if (reached(this.#state)) settle(resolve);
      };
      this.#watchers.add(look);
      const forgetSignal = whenAborted(signal, () => settle(() => reject(signal.reason)));
    });
  }

  /** Ends this object's work and keeps of the agent only what must never be used again: its numbers. */
  retire(): void {
    this.forget();
    this.#state = { ...INITIAL_STATE, incarnation: this.#state.incarnation };
    this.#writeRecord();
  }

  /** Looks again at what waiters of `until` wait for, because something outside this agent changed. */
  reconsider(): void {
    this.#changed();
  }

  /** Lets go of timers, probes and handles; the processes stay, and what happens to them is for the next daemon to find. */
  forget(): void {
    this.#isForgotten = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#watchdog?.stop();
    this.#probe?.abort();
    this.#session?.forget();
    this.#session = null;
  }

  #changed(): void {
    this.#world.changed(this.name);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Recording waits for nothing that is under way: whoever asked is answered before that, and what was answered must last. */
  #enqueue(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "persist") this.#persist();
      else this.#effects.push(effect);
    }
    this.#effects.push(NEWS);
  }

  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) {
      try {
        const pending = this.#carryOut(effect);
        // Most effects are done at once; not awaiting them keeps a whole decision within one turn of the event loop.
        if (pending !== undefined) await pending;
      } catch (error) {
        if (!this.#isForgotten) this.#world.report(this.name, `could not carry out "${effect.type}"`, error);
      }
    }
    this.#draining = false;
  }

  #carryOut(effect: Task): Promise<void> | undefined {
    switch (effect.type) {
      case "news":
        this.#changed();
        return undefined;
      case "emit":
        this.#world.announce(this.name, effect.announcement);
        return undefined;
      case "signal":
        return this.#onceWritten(() => this.#session?.signal(this.#spec.stop.signal));
      case "kill":
        return this.#onceWritten(() => this.#session?.kill());
      case "probe":
        void this.#watchReadiness(effect.incarnation);
        return undefined;
      case "fork":
        return this.#fork(effect.incarnation);
      case "release":
        return this.#release();
      case "discard":
        return this.#discard(effect);
    }
  }

  #persist(): void {
    if (this.#persisted === this.#state) return;
    this.#persisted = this.#state;
    this.#writeRecord();
  }

  #writeRecord(): void {
    const record: AgentRecord = {
      state: this.#state,
      reservedThrough: this.#reservedThrough,
      ...this.#output,
      history: this.#history,
    };
    this.#world.store.put("agent", this.name, record);
  }

  async #fork(incarnation: number): Promise<void> {
    try {
      this.#refuseUnlessRecording();
      await this.#reserve(incarnation);
      const { launch, output } = await this.#world.prepare(this.#spec, incarnation);
      const session = await this.#world.sessions[this.#spec.session].fork(launch, this.#sessionEvents(incarnation));
      this.#session = session;
      this.#output = output;
      this.dispatch({ type: "forked", incarnation, session: session.ref });
    } catch (error) {
      this.dispatch({
        type: "fork-failed",
        incarnation,
        exit: this.#unseenExit(wordsOf(error)),
        fault: faultOf(error),
      });
    }
  }

  /** A gate whose start can't be recorded would only be killed again. */
  #refuseUnlessRecording(): void {
    if (this.#world.store.failing) throw new StorageError("the disk takes no records");
  }

  async #reserve(incarnation: number): Promise<void> {
    if (incarnation <= this.#reservedThrough) return;
    const before = this.#reservedThrough;
    this.#reservedThrough = incarnation + RESERVED_AT_ONCE - 1;
    this.#writeRecord();
    try {
      await this.#world.store.durable();
    } catch (error) {
      this.#reservedThrough = before;
      throw error;
    }
  }

  async #release(): Promise<void> {
    const { session, incarnation } = { session: this.#session, incarnation: this.#state.incarnation };
    if (session === null) return;
    const refusal = await this.#world.store.written().then(() => null, wordsOf);
    if (refusal !== null) {
      // The next daemon would know nothing of it and start it a second time.
      this.dispatch({ type: "unrecorded", incarnation, exit: this.#unseenExit(refusal) });
      return;
    }
    const releasing = session.release().then(() => this.dispatch({ type: "released", incarnation }));
    this.#releasing = releasing.catch(() => {});
    try {
      await releasing;
    } catch (error) {
      // A gate that took too long must not run its command later.
      session.kill();
      throw error;
    }
  }

  /**
   * An end that was asked for is in the journal before the signal, or the next daemon would take it for a crash. A disk
   * that refuses doesn't keep an agent from being stopped.
   */
  async #onceWritten(act: () => void): Promise<void> {
    await this.#world.store.written().catch(() => {});
    act();
  }

  async #discard({ incarnation, kind }: Extract<Effect, { type: "discard" }>): Promise<void> {
    await this.#world.store.written();
    await this.#world.sessions[kind].clearMark(this.name, incarnation);
  }

  #sessionEvents(incarnation: number): SessionEvents {
    return {
      exited: (exit, { ran, empty }) => this.#onceReleased({ type: "exited", incarnation, exit, ran, empty }),
      emptied: () => this.#onceReleased({ type: "emptied", incarnation }),
    };
  }

  /** A command can have ended before it is known that it began, and it is told in that order. */
  #onceReleased(event: AgentEvent): void {
    void this.#releasing.then(() => this.dispatch(event));
  }

  async #watchReadiness(incarnation: number): Promise<void> {
    const probe = new AbortController();
    this.#probe = probe;
    try {
      const target = { incarnation, output: this.#output };
      await this.#world.awaitReady(this.#spec, target, probe.signal);
      if (this.#probe === probe) this.#probe = null;
      this.dispatch({ type: "ready", incarnation });
    } catch (error) {
      if (!probe.signal.aborted) this.#world.report(this.name, "could not watch for readiness", error);
    }
  }

  #callOffStaleProbe(): void {
    if (this.#probe === null || (this.#state.status === "running" && !this.#state.ready)) return;
    this.#probe.abort();
    this.#probe = null;
  }

  /** Each running session has a watchdog of its own, so that no beat of an earlier one counts. */
  #watchOver(): void {
    const running = this.#state.status === "running" ? this.#state.incarnation : null;
    if (running === this.#watched) return;
    this.#watched = running;
    this.#watchdog?.stop();
    this.#watchdog = running === null ? null : this.#newWatchdog(running);
  }

  #newWatchdog(incarnation: number): Watchdog | null {
    const { whenMissed, ...policy } = this.#spec.heartbeat;
    if (whenMissed === null) return null;
    return new Watchdog(this.#world.clock, { ...policy, whenMissed }, (intervals) => {
      this.#world.missed(this.name, incarnation, intervals);
      this.dispatch({ type: "missed", incarnation });
    });
  }

  /** One timer at most, at the state's deadline. */
  #armTimer(): void {
    const { deadline } = this.#state;
    if (deadline === this.#timerFor) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerFor = deadline;
    if (deadline === null) return;
    this.#cancelTimer = this.#world.clock.after(deadline - this.#world.clock.mono(), () => {
      this.#timerFor = null;
      this.dispatch({ type: "tick" });
      // A timer may fire a moment early, or stand for a longer time than a timer can: the deadline is still there then.
      this.#armTimer();
    });
  }

  #unseenExit(reason: string): Exit {
    return { code: null, signal: null, at: this.#world.clock.wall(), reason };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function faultOf(error: unknown): ForkFault {
  if (error instanceof LaunchError) return "definition";
  return isFullDisk(error) ? "disk" : "other";
}
