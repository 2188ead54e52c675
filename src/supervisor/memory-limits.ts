// Notices that sessions use more memory than they may: by two readings in a row, after a grace at their start.
import type { Clock } from "./clock.js";

/** A second reading follows this soon after one over the limit, in milliseconds. */
const CONFIRM_MS = 2_000;

/** A live session. */
export interface MeasuredSession {
  readonly incarnation: number;
  /** Milliseconds of the monotonic clock. */
  readonly startedMono: number;
}

export interface MemoryWorld {
  readonly clock: Clock;
  /** Time between two readings, in milliseconds; a session is left alone for as long at its start. */
  everyMs(): number;
  /** Null while none runs. */
  sessionOf(agent: string): MeasuredSession | null;
  /** Bytes used by all processes of each agent's session, where it can be told. */
  read(agents: readonly string[]): Promise<ReadonlyMap<string, number>>;
  due(agent: string, incarnation: number, used: { readonly bytes: number; readonly maxBytes: number }): void;
  report(error: unknown): void;
}

/** Limits of several agents, with one timer; without any there is none. */
export class MemoryLimits {
  readonly #world: MemoryWorld;
  readonly #limits = new Map<string, number>();
  /** Sessions whose last reading was over their limit. */
  #suspects = new Map<string, number>();
  #isReading = false;
  #cancel: (() => void) | null = null;

  constructor(world: MemoryWorld) {
    this.#world = world;
  }

  /** Sets an agent's limit in bytes, or takes it off with null. */
  set(agent: string, maxBytes: number | null): void {
    if ((this.#limits.get(agent) ?? null) === maxBytes) return;
    if (maxBytes === null) this.#limits.delete(agent);
    else this.#limits.set(agent, maxBytes);
    if (this.#limits.size === 0) this.#disarm();
    else if (this.#cancel === null && !this.#isReading) this.#arm(this.#world.everyMs());
  }

  stop(): void {
    this.#limits.clear();
    this.#disarm();
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#world.clock.after(delayMs, () => {
      this.#cancel = null;
      void this.#look();
    });
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #look(): Promise<void> {
    this.#isReading = true;
    const sessions = this.#settledSessions();
    const used = await this.#read([...sessions.keys()]);
    this.#isReading = false;
    const before = this.#suspects;
    this.#suspects = new Map();
    for (const [agent, bytes] of used) {
      const incarnation = sessions.get(agent);
      const maxBytes = this.#limits.get(agent);
      if (incarnation === undefined || maxBytes === undefined || bytes <= maxBytes) continue;
      if (before.get(agent) === incarnation) this.#world.due(agent, incarnation, { bytes, maxBytes });
      else this.#suspects.set(agent, incarnation);
    }
    if (this.#limits.size > 0 && this.#cancel === null) this.#arm(this.#pauseMs());
  }

  #pauseMs(): number {
    const everyMs = this.#world.everyMs();
    return this.#suspects.size > 0 ? Math.min(CONFIRM_MS, everyMs) : everyMs;
  }

  /** What a program needs while it starts says nothing about what it will need. */
  #settledSessions(): ReadonlyMap<string, number> {
    const { clock, everyMs, sessionOf } = this.#world;
    const bornBefore = clock.mono() - everyMs();
    return new Map(
      [...this.#limits.keys()].flatMap((agent): [string, number][] => {
        const session = sessionOf(agent);
        return session !== null && session.startedMono <= bornBefore ? [[agent, session.incarnation]] : [];
      }),
    );
  }

  async #read(agents: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (agents.length === 0) return new Map();
    try {
      return await this.#world.read(agents);
    } catch (error) {
      this.#world.report(error);
      return new Map();
    }
  }
}
