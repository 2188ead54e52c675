// Plays generated histories against the machine in a model of the world: one gate or session at a time can go wrong anywhere.
import fc from "fast-check";
import type { SessionRef } from "../../src/sessions/session.js";
import type { AgentRecord } from "../../src/supervisor/agent.js";
import { readAgentRecord } from "../../src/supervisor/agent-record.js";
import {
  type AgentEvent,
  type AgentState,
  type Effect,
  type ForkFault,
  INITIAL_STATE,
  isHeld,
  type RestartCause,
  step,
} from "../../src/supervisor/machine.js";
import { revive } from "../../src/supervisor/revive.js";

export const SPEC = {
  restart: {
    policy: "on-failure",
    maxAttempts: 3,
    windowMs: 300_000,
    backoffMs: 1_000,
    backoffMaxMs: 60_000,
    jitter: 0.1,
  },
  stop: { signal: "SIGTERM", graceMs: 10_000 },
  ready: { condition: { kind: "notify" }, timeoutMs: 30_000 },
} as const;

/** One thing that somebody does or that happens to the world. */
export type Move =
  | { readonly kind: "start" | "proceed" | "stop" | "stop-for-daemon" | "restart" | "reset" }
  /** The shell carries out its next effect; `luck` decides how it turns out. */
  | { readonly kind: "effect"; readonly luck: Luck }
  /** From here on the disk refuses records, or takes them again with all that was kept back. */
  | { readonly kind: "disk-full" | "disk-free" }
  | { readonly kind: "ready" | "exit-clean" | "exit-dirty" | "exit-leaving" | "emptied" }
  | { readonly kind: "pass"; readonly ms: number }
  /** A trigger fires for the session that is there. */
  | { readonly kind: "restart-due"; readonly cause: RestartCause }
  | { readonly kind: "stale"; readonly what: Stale }
  | { readonly kind: "daemon-killed"; readonly meanwhile: "nothing" | "leader-dies" | "all-die" };

type Luck = "good" | ForkFault;
type Stale = "exited" | "ready" | "emptied" | "released" | "adopted" | "restart-due";

export const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("effect" as const), luck: luck() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("start", "restart", "stop", "reset", "proceed") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stop-for-daemon" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("ready", "exit-clean", "exit-dirty", "exit-leaving", "emptied") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1, 999, 2_000, 70_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("stale" as const),
      what: fc.constantFrom("exited", "ready", "emptied", "released", "adopted", "restart-due"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("restart-due" as const),
      cause: fc.constantFrom("max-memory", "cron", "watch"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("daemon-killed" as const),
      meanwhile: fc.constantFrom("nothing", "leader-dies", "all-die"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("disk-full", "disk-free") }) },
) as fc.Arbitrary<Move>;

function luck() {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant("good" as const) },
    { weight: 1, arbitrary: fc.constant("other" as const) },
    { weight: 1, arbitrary: fc.constant("definition" as const) },
    { weight: 1, arbitrary: fc.constant("disk" as const) },
  );
}

/** What really exists of one session. */
interface RealSession {
  readonly incarnation: number;
  gate: "waiting" | "ran" | "gone";
  leaderAlive: boolean;
  leftovers: boolean;
  /** Whether the present daemon has told it to end: leftovers that nobody told live on. */
  told: boolean;
}

export class World {
  state: AgentState = INITIAL_STATE;
  now = 1_000_000;
  real: RealSession | null = null;
  /** Incarnations whose command was reached, in order. */
  readonly ran: number[] = [];
  readonly faults: string[] = [];
  /** Forks since somebody last asked for the agent, for "a shutdown is final". */
  forksSinceStop: number | null = null;
  #effects: Effect[] = [];
  /** What the next daemon will read. */
  #persisted: AgentState | null = null;
  /** What the disk has not taken yet. */
  #keptBack: AgentState | null = null;
  #isDiskFull = false;

  play(next: Move): void {
    switch (next.kind) {
      case "start":
        this.forksSinceStop = null;
        this.send({ type: "start", hold: false });
        return;
      case "restart":
        this.forksSinceStop = null;
        this.send({ type: "restart" });
        return;
      case "stop":
        this.send({ type: "stop", remember: true });
        this.forksSinceStop = 0;
        return;
      case "stop-for-daemon":
        this.send({ type: "stop", remember: false });
        return;
      case "reset":
        this.send({ type: "reset" });
        return;
      case "proceed":
        this.send({ type: "proceed" });
        return;
      case "effect":
        this.#carryOutNext(next.luck);
        return;
      case "ready":
        if (this.real !== null) this.send({ type: "ready", incarnation: this.real.incarnation });
        return;
      case "exit-clean":
        this.#leaderExits(0, { leaving: false });
        return;
      case "exit-dirty":
        this.#leaderExits(1, { leaving: false });
        return;
      case "exit-leaving":
        this.#leaderExits(1, { leaving: true });
        return;
      case "emptied":
        this.#emptied();
        return;
      case "pass":
        this.now += next.ms;
        this.send({ type: "tick" });
        return;
      case "restart-due":
        this.send({ type: "restart-due", incarnation: this.state.incarnation, cause: next.cause, detail: "due" });
        return;
      case "stale":
        this.#stale(next.what);
        return;
      case "disk-full":
        this.#isDiskFull = true;
        return;
      case "disk-free":
        this.#freeDisk();
        return;
      case "daemon-killed":
        this.#daemonKilled(next.meanwhile);
        return;
    }
  }

  /** Lets a cooperative world run until nothing is under way any more. */
  settle(): void {
    this.#freeDisk();
    for (let turn = 0; turn < 200 && this.#isBusy(); turn++) {
      while (this.#effects.length > 0) this.#carryOutNext("good");
      if (this.state.status === "stopping") this.#endSession();
      this.now += 70_000;
      this.send({ type: "tick" });
    }
    while (this.#effects.length > 0) this.#carryOutNext("good");
  }

  #isBusy(): boolean {
    return this.#effects.length > 0 || this.state.status === "stopping" || this.state.forking;
  }

  send(event: AgentEvent): void {
    const before = this.state;
    const context = { spec: SPEC, now: this.now, random: 0.5, canRecord: !this.#isDiskFull };
    const { state, effects } = step(before, event, context);
    this.state = state;
    // As the shell does: recorded at once, the rest in its turn.
    if (effects.some(({ type }) => type === "persist")) this.#persist();
    this.#effects.push(...effects.filter(({ type }) => type !== "persist"));
    if (before.status === "failed" && event.type !== "reset" && state.status !== "failed")
      this.#fault("left a crash loop");
    if (event.type === "restart-due" && before.status !== "running" && state !== before)
      this.#fault(`a trigger changed what was ${before.status}`);
    if (effects.length > 0 && state !== before && effects[0]?.type !== "persist") this.#fault("acted before recording");
  }

  #carryOutNext(outcome: Luck): void {
    const effect = this.#effects.shift();
    switch (effect?.type) {
      case "fork":
        this.#fork(effect.incarnation, outcome === "good" && this.#isDiskFull ? "disk" : outcome);
        return;
      case "release":
        this.#release();
        return;
      case "signal":
        if (this.real !== null) this.real.told = true;
        return;
      case "kill":
        if (this.real !== null) this.real.told = true;
        this.#endSession();
        return;
      default:
        return;
    }
  }

  #persist(): void {
    if (readAgentRecord({ state: this.state, reservedThrough: 100 }) === null) this.#fault("a record nobody can read");
    if (this.#isDiskFull) this.#keptBack = this.state;
    else this.#persisted = this.state;
  }

  #freeDisk(): void {
    this.#isDiskFull = false;
    this.#persisted = this.#keptBack ?? this.#persisted;
    this.#keptBack = null;
  }

  #fork(incarnation: number, outcome: Luck): void {
    if (this.real !== null) this.#fault(`forked ${incarnation} while ${this.real.incarnation} was there`);
    if (this.forksSinceStop !== null && this.state.status !== "stopping") this.forksSinceStop++;
    if (outcome !== "good") {
      const exit = { code: null, signal: null, at: this.now, reason: outcome };
      this.send({ type: "fork-failed", incarnation, exit, fault: outcome });
      return;
    }
    this.real = { incarnation, gate: "waiting", leaderAlive: true, leftovers: false, told: false };
    this.send({ type: "forked", incarnation, session: refOf(incarnation) });
  }

  #release(): void {
    const { real } = this;
    if (real === null || real.gate !== "waiting") return;
    if (this.#isDiskFull) {
      const exit = { code: null, signal: null, at: this.now, reason: "disk full" };
      this.send({ type: "unrecorded", incarnation: real.incarnation, exit });
      return;
    }
    if (this.#persisted?.session?.identity.pid !== real.incarnation)
      this.#fault("released a gate that was not recorded");
    real.gate = "ran";
    const expected = (this.ran.at(-1) ?? 0) + 1;
    if (real.incarnation !== expected) this.#fault(`incarnation ${real.incarnation} ran where ${expected} was due`);
    this.ran.push(real.incarnation);
    this.send({ type: "released", incarnation: real.incarnation });
  }

  #leaderExits(code: number, { leaving }: { readonly leaving: boolean }): void {
    const { real } = this;
    if (real === null || !real.leaderAlive) return;
    const ran = real.gate === "ran";
    real.leaderAlive = false;
    real.leftovers = leaving && ran;
    if (!real.leftovers) this.real = null;
    const exit = { code, signal: null, at: this.now, reason: `exited with code ${code}` };
    this.send({ type: "exited", incarnation: real.incarnation, exit, ran, empty: !real.leftovers });
  }

  #emptied(): void {
    const { real } = this;
    if (real === null || real.leaderAlive || !real.told) return;
    this.real = null;
    this.send({ type: "emptied", incarnation: real.incarnation });
  }

  #endSession(): void {
    if (this.real?.leaderAlive) this.#leaderExits(143, { leaving: false });
    else this.#emptied();
  }

  #stale(what: Stale): void {
    const before = this.state;
    const incarnation = before.incarnation - 1;
    const exit = { code: 1, signal: null, at: this.now, reason: "stale" };
    if (what === "exited") this.send({ type: what, incarnation, exit, ran: true, empty: true });
    else if (what === "restart-due") this.send({ type: what, incarnation, cause: "watch", detail: "due" });
    else this.send({ type: what, incarnation });
    if (this.state !== before) this.#fault(`a stale "${what}" changed the state`);
  }

  /** The daemon dies: what was queued is lost, an unreleased gate goes with it; the next daemon reads the last record. */
  #daemonKilled(meanwhile: "nothing" | "leader-dies" | "all-die"): void {
    this.#effects = [];
    this.#keptBack = null;
    if (this.real !== null) this.real.told = false;
    if (this.real?.gate === "waiting") this.real = { ...this.real, gate: "gone", leaderAlive: false };
    else if (this.real !== null) this.#meanwhile(this.real, meanwhile);
    const record: AgentRecord = { state: this.#persisted ?? INITIAL_STATE, reservedThrough: 100 };
    this.state = revive(record, null).state;
    this.#persisted = this.#persisted === null ? null : this.state;
    this.#recover();
  }

  #meanwhile(real: RealSession, meanwhile: "nothing" | "leader-dies" | "all-die"): void {
    if (meanwhile === "nothing") return;
    this.real = meanwhile === "all-die" ? null : { ...real, leaderAlive: false, leftovers: true };
  }

  #recover(): void {
    const { session, incarnation } = this.state;
    const { real } = this;
    if (real?.gate === "gone") this.real = null;
    if (session === null) {
      if (this.real !== null) this.#fault(`session ${this.real.incarnation} is unknown to the next daemon`);
      if (this.state.wanted === "up" && this.state.status === "stopped") this.send({ type: "start", hold: false });
      return;
    }
    if (real?.gate === "ran" && real.leaderAlive) {
      this.send({ type: "adopted", incarnation });
      return;
    }
    const exit = { code: null, signal: null, at: this.now, reason: "exit not observed" };
    const ran = this.ran.includes(incarnation);
    this.send({ type: "found-dead", incarnation, exit, ran, empty: this.real === null, excused: !ran });
  }

  #fault(what: string): void {
    this.faults.push(what);
  }
}

/** In the model a session's PID is its incarnation. */
function refOf(incarnation: number): SessionRef {
  return {
    kind: "process",
    identity: { pid: incarnation, start: "1", boot: "b", init: "1" },
    startedAt: 0,
    tokenHash: "",
  };
}

/** True when an agent is at rest: nothing exists and nothing is to come. */
export function isAtRest({ state, real }: World): boolean {
  return real === null && (state.status === "stopped" || state.status === "failed" || isHeld(state));
}
