// Notices that a session's beats have stopped; whether to restart it is the machine's decision.
import type { HeartbeatPolicy } from "../config/spec.js";
import type { Clock } from "./clock.js";

/** What the watchdog counts by. */
export type WatchPolicy = Pick<HeartbeatPolicy, "intervalMs" | "startupGraceMs"> & { readonly whenMissed: number };

/** When a session is given up: the startup grace before its first beat, then `whenMissed` intervals after each. */
export function beatDeadline(
  policy: WatchPolicy,
  session: { readonly sinceMono: number; readonly lastBeatMono: number | null },
): number {
  if (session.lastBeatMono === null) return session.sinceMono + policy.startupGraceMs;
  return session.lastBeatMono + policy.whenMissed * policy.intervalMs;
}

/**
 * Whether the daemon itself was not running (a sleeping laptop, a stopped process) when the deadline passed. Beats that
 * came meanwhile are still unread then, so nothing is known against the agent.
 */
export function sleptThrough(policy: WatchPolicy, at: { readonly deadline: number; readonly now: number }): boolean {
  return at.now - at.deadline >= Math.min(policy.intervalMs, LATE_MS);
}

/** A timer that fires this late tells that the process did not run, in milliseconds. */
const LATE_MS = 5_000;

/** Watches one session. Beats are those of this session only: a new one gets a watchdog of its own. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #policy: WatchPolicy;
  readonly #missed: (intervals: number) => void;
  #sinceMono: number;
  #lastBeatMono: number | null = null;
  #cancel: () => void = () => {};

  constructor(clock: Clock, policy: WatchPolicy, missed: (intervals: number) => void) {
    this.#clock = clock;
    this.#policy = policy;
    this.#missed = missed;
    this.#sinceMono = clock.mono();
    this.#arm();
  }

  /** The timer stays as it is and looks again when it fires: a beat costs next to nothing. */
  beat(): void {
    const isFirst = this.#lastBeatMono === null;
    this.#lastBeatMono = this.#clock.mono();
    // The startup grace may be far longer than the intervals that count from here on.
    if (isFirst) this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #deadline(): number {
    return beatDeadline(this.#policy, { sinceMono: this.#sinceMono, lastBeatMono: this.#lastBeatMono });
  }

  #arm(): void {
    this.#cancel();
    const deadline = this.#deadline();
    this.#cancel = this.#clock.after(deadline - this.#clock.mono(), () => this.#look(deadline));
  }

  #look(armedFor: number): void {
    const now = this.#clock.mono();
    if (sleptThrough(this.#policy, { deadline: armedFor, now })) this.#startOver(now);
    if (now < this.#deadline()) this.#arm();
    // On a machine that is busy the timer may come before beats are read that came in time: they are by the next turn.
    else this.#cancel = this.#clock.after(0, () => this.#judge());
  }

  #judge(): void {
    if (this.#clock.mono() < this.#deadline()) this.#arm();
    else this.#missed(this.#policy.whenMissed);
  }

  #startOver(now: number): void {
    if (this.#lastBeatMono === null) this.#sinceMono = now;
    else this.#lastBeatMono = now;
  }
}
