// A clock that a test moves by hand.
import type { Clock } from "../../src/supervisor/clock.js";

interface Alarm {
  readonly due: number;
  readonly callback: () => void;
}

export class HandClock implements Clock {
  /** How many callbacks are waited for. */
  get pending(): number {
    return this.#alarms.size;
  }

  #now = 1_000;
  #wallAtBoot = 1_700_000_000_000;
  readonly #alarms = new Set<Alarm>();

  mono(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wallAtBoot + this.#now;
  }

  /** Sets the date, as a person or a time server does; what time passes is another matter. */
  setWall(unixMs: number): void {
    this.#wallAtBoot = unixMs - this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm = { due: this.#now + Math.max(0, delayMs), callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Lets time pass on a machine that is awake: every callback comes at its time. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#nextBy(end); next !== undefined; next = this.#nextBy(end)) this.#ring(next, next.due);
    this.#now = end;
  }

  /** Lets time pass on a machine that sleeps: what fell due meanwhile comes late, all at once. */
  sleep(ms: number): void {
    const end = this.#now + ms;
    for (const alarm of [...this.#alarms]) if (alarm.due <= end) this.#ring(alarm, end);
    this.#now = end;
  }

  /** Makes the earliest callback come now, before its time, as a timer that can't stand for so long does. */
  ringEarly(): void {
    const next = this.#nextBy(Number.POSITIVE_INFINITY);
    if (next !== undefined) this.#ring(next, this.#now);
  }

  #nextBy(end: number): Alarm | undefined {
    return [...this.#alarms].filter(({ due }) => due <= end).sort((one, other) => one.due - other.due)[0];
  }

  #ring(alarm: Alarm, now: number): void {
    this.#alarms.delete(alarm);
    this.#now = now;
    alarm.callback();
  }
}
