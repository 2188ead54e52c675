// Tells when schedules come due: by the wall clock, which may be set and stands still for nobody who sleeps.
import { isDeepStrictEqual } from "node:util";
import type { Occurrences } from "../config/cron.js";
import type { CronPolicy } from "../config/spec.js";
import type { Clock } from "./clock.js";

/** The clock is looked at this often at least, since a timer counts neither sleep nor a clock that was set. */
const LOOK_MS = 60_000;

/**
 * A clock set back by less than this brings moments that have come already; set back by more it was wrong before, and
 * what came by it does not count (as in cron(8)).
 */
const REPEATED_MS = 3 * 60 * 60_000;

/** The next moment of a schedule; `latest` is the one that came last. All in unix milliseconds. */
function nextDue(
  { after }: Occurrences,
  { now, latest }: { readonly now: number; readonly latest: number | null },
): number | null {
  const isRepeated = latest !== null && latest > now && latest - now < REPEATED_MS;
  return after(isRepeated ? latest : now);
}

export interface TimetableWorld {
  readonly clock: Clock;
  /** Rejects when the schedule can't be read. */
  read(policy: CronPolicy): Promise<Occurrences>;
  due(agent: string, policy: CronPolicy): void;
  report(agent: string, error: unknown): void;
}

interface Entry {
  readonly policy: CronPolicy;
  /** Null until it is read. */
  occurrences: Occurrences | null;
  due: number | null;
  latest: number | null;
}

/** Schedules of several agents, with one timer. */
export class Timetable {
  readonly #world: TimetableWorld;
  readonly #entries = new Map<string, Entry>();
  #cancel: () => void = () => {};
  /** As of the last look, in unix milliseconds. */
  #lookedAt = 0;

  constructor(world: TimetableWorld) {
    this.#world = world;
  }

  /** Sets an agent's schedule, or takes it off with null. One that is as before goes on. */
  set(agent: string, policy: CronPolicy | null): void {
    const known = this.#entries.get(agent);
    if (isDeepStrictEqual(known?.policy ?? null, policy)) return;
    this.#entries.delete(agent);
    if (policy === null) this.#look();
    else void this.#begin(agent, { policy, occurrences: null, due: null, latest: null });
  }

  /** In unix milliseconds; null when nothing is to come. */
  nextAt(agent: string): number | null {
    return this.#entries.get(agent)?.due ?? null;
  }

  stop(): void {
    this.#entries.clear();
    this.#cancel();
  }

  async #begin(agent: string, entry: Entry): Promise<void> {
    this.#entries.set(agent, entry);
    try {
      entry.occurrences = await this.#world.read(entry.policy);
      if (this.#entries.get(agent) !== entry) return;
      entry.due = nextDue(entry.occurrences, { now: this.#world.clock.wall(), latest: null });
      this.#look();
    } catch (error) {
      this.#world.report(agent, error);
    }
  }

  /** Moments that passed unseen come once, now: a machine that slept at four has not been restarted at four. */
  #look(): void {
    const now = this.#world.clock.wall();
    const wasSetBack = now < this.#lookedAt;
    this.#lookedAt = now;
    for (const [agent, entry] of this.#entries) {
      const { occurrences, due, policy } = entry;
      const hasCome = due !== null && now >= due;
      if (hasCome) entry.latest = due;
      if (occurrences !== null && (hasCome || wasSetBack))
        entry.due = nextDue(occurrences, { now, latest: entry.latest });
      if (hasCome) this.#world.due(agent, policy);
    }
    this.#arm(now);
  }

  #arm(now: number): void {
    this.#cancel();
    const due = [...this.#entries.values()].flatMap((entry) => entry.due ?? []);
    if (due.length === 0) return;
    this.#cancel = this.#world.clock.after(Math.min(Math.min(...due) - now, LOOK_MS), () => this.#look());
  }
}
