// Takes a handoff on behalf of a session that never says it is ready: one that has lived for a minute has read it.
import type { Clock } from "./clock.js";
import type { Handoffs } from "./handoffs.js";
import type { AgentState } from "./machine.js";

/** A session that lives this long has taken its handoff, in milliseconds. */
const LIVED_MS = 60_000;

export class HandoffTaker {
  readonly #clock: Clock;
  readonly #handoffs: Handoffs;
  /** The incarnation that is being waited for, with what calls the timer off. */
  readonly #waiting = new Map<string, { readonly incarnation: number; cancel(): void }>();

  constructor(clock: Clock, handoffs: Handoffs) {
    this.#clock = clock;
    this.#handoffs = handoffs;
  }

  /** Looks at an agent whose state has changed. */
  changed(agent: string, state: AgentState): void {
    const running = state.status === "running" ? state.incarnation : null;
    const waiting = this.#waiting.get(agent);
    if (waiting !== undefined && waiting.incarnation === running) return;
    waiting?.cancel();
    this.#waiting.delete(agent);
    if (running !== null && this.#handoffs.waiting(agent) !== null) this.#wait(agent, running, state.startedMono);
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #wait(agent: string, incarnation: number, startedMono: number | null): void {
    const lived = startedMono === null ? 0 : this.#clock.mono() - startedMono;
    const cancel = this.#clock.after(LIVED_MS - lived, () => {
      this.#waiting.delete(agent);
      this.#handoffs.take(agent, incarnation);
    });
    this.#waiting.set(agent, { incarnation, cancel });
  }
}
