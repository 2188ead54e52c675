// Pokes agents on schedule: one timer for each distinct interval, so that an idle daemon wakes no more often than it must.
import type { Clock } from "./clock.js";

export interface HeartbeatCounters {
  /** Scheduled pokes of all agents. */
  readonly count: number;
  /** Unix milliseconds; null before the first. */
  readonly lastAt: number | null;
}

interface Beat {
  readonly intervalMs: number;
  readonly agents: Set<string>;
  /** Monotonic time of the next one. */
  dueMono: number;
  cancel(): void;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #poke: (agent: string) => boolean;
  readonly #beaten: (counters: HeartbeatCounters) => void;
  readonly #beats = new Map<number, Beat>();
  #counters: HeartbeatCounters;

  /**
   * @param options.poke pokes an agent; false when it is in no state to be poked. It must not wait for the outcome.
   * @param options.beaten told once for each turn in which somebody was poked
   */
  constructor(options: {
    readonly clock: Clock;
    readonly counters: HeartbeatCounters;
    readonly poke: (agent: string) => boolean;
    readonly beaten: (counters: HeartbeatCounters) => void;
  }) {
    this.#clock = options.clock;
    this.#counters = options.counters;
    this.#poke = options.poke;
    this.#beaten = options.beaten;
  }

  get counters(): HeartbeatCounters {
    return this.#counters;
  }

  /** Sets an agent's interval, or takes it off the schedule with null. An unchanged interval keeps its rhythm. */
  schedule(agent: string, intervalMs: number | null): void {
    for (const beat of this.#beats.values()) if (beat.intervalMs !== intervalMs) this.#leave(beat, agent);
    if (intervalMs !== null) this.#join(intervalMs, agent);
  }

  stop(): void {
    for (const beat of this.#beats.values()) beat.cancel();
    this.#beats.clear();
  }

  #join(intervalMs: number, agent: string): void {
    const beat = this.#beats.get(intervalMs) ?? this.#begin(intervalMs);
    beat.agents.add(agent);
  }

  #leave(beat: Beat, agent: string): void {
    if (!beat.agents.delete(agent) || beat.agents.size > 0) return;
    beat.cancel();
    this.#beats.delete(beat.intervalMs);
  }

  #begin(intervalMs: number): Beat {
    const beat: Beat = { intervalMs, agents: new Set(), dueMono: this.#clock.mono() + intervalMs, cancel: () => {} };
    this.#beats.set(intervalMs, beat);
    this.#arm(beat);
    return beat;
  }

  #arm(beat: Beat): void {
    beat.cancel = this.#clock.after(beat.dueMono - this.#clock.mono(), () => this.#look(beat));
  }

  /** A timer may stand for a longer time than a timer can, or fire a moment early. */
  #look(beat: Beat): void {
    const now = this.#clock.mono();
    if (now < beat.dueMono) this.#arm(beat);
    else this.#turn(beat, now);
  }

  #turn(beat: Beat, now: number): void {
    // Turns that passed while the machine slept are not made up for.
    const passed = Math.floor((now - beat.dueMono) / beat.intervalMs) + 1;
    beat.dueMono += passed * beat.intervalMs;
    this.#arm(beat);
    const poked = [...beat.agents].filter((agent) => this.#poke(agent)).length;
    if (poked === 0) return;
    this.#counters = { count: this.#counters.count + poked, lastAt: this.#clock.wall() };
    this.#beaten(this.#counters);
  }
}
