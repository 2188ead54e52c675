// What befalls the daemon at any moment: kills, halts, replacements, several starts at once.
import { setTimeout as delay } from "node:timers/promises";
import { type Outcome, type Place, signal } from "./place.js";
import type { Random } from "./random.js";

const MOST_AT_ONCE = 8;
/** Longest time from one blow to the next, and from a daemon's start to its end. */
const LONGEST_LIFE_MS = 1_500;
const PUBLISHED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 1;

/** What was done, for people to read and for the summary to count. */
export interface Blows {
  readonly told: string[];
  kills: number;
  halts: number;
  replacements: number;
  starts: number;
}

export const noBlows = (): Blows => ({ told: [], kills: 0, halts: 0, replacements: 0, starts: 0 });

export class Killer {
  readonly #place: Place;
  readonly #random: Random;
  readonly #under: Promise<Outcome>[] = [];
  readonly blows = noBlows();

  constructor(place: Place, random: Random) {
    this.#place = place;
    this.#random = random;
  }

  async strike(): Promise<void> {
    await this.#pass(LONGEST_LIFE_MS);
    const blow = this.#random.pick(BLOWS);
    await this[blow]();
  }

  /** Resolves with every command that was run, once the last has ended. */
  async outcomes(): Promise<readonly Outcome[]> {
    return Promise.all(this.#under);
  }

  /** Starts several daemons at once, of which one is to serve. */
  startSome(): Promise<readonly Outcome[]> {
    const count = this.#random.integer({ min: 1, max: MOST_AT_ONCE });
    this.blows.starts += count;
    this.#tell(`${count} starts at once`);
    const starts = Array.from({ length: count }, () => this.#place.hearth("daemon", "start"));
    this.#under.push(...starts);
    return Promise.all(starts);
  }

  /** In the midst of whatever it does. */
  async kill(): Promise<void> {
    this.#killDaemon();
    void this.startSome();
  }

  /** Its successor dies as well, right after it has become one: in the midst of adopting and spawning. */
  async killTwice(): Promise<void> {
    const before = this.#place.descriptor()?.instanceId;
    this.#killDaemon();
    const starts = this.startSome();
    await this.#untilReplaced(before, starts);
    await this.#pass(100);
    this.#killDaemon();
    void this.startSome();
  }

  /** Every process that is or would be the daemon, at any moment of its start. */
  async killAll(): Promise<void> {
    this.#killDaemon();
    void this.startSome();
    await this.#pass(500);
    for (const { pid } of this.#place.daemons()) if (signal(pid, "SIGKILL")) this.blows.kills++;
    this.#tell("kill all");
    void this.startSome();
  }

  /** A daemon that is stopped is alive: whoever starts meanwhile has to leave the home to it. */
  async halt(): Promise<void> {
    const pid = this.#place.descriptor()?.pid;
    if (pid === undefined || !this.#isDaemon(pid) || !signal(pid, "SIGSTOP")) return;
    this.blows.halts++;
    this.#tell("halt");
    void this.startSome();
    await this.#pass(LONGEST_LIFE_MS);
    if (this.#random.chance(0.3)) this.#killDaemon();
    signal(pid, "SIGCONT");
    if (!this.#isDaemon(pid)) void this.startSome();
  }

  async replace(): Promise<void> {
    this.#replace();
  }

  async replaceAndKill(): Promise<void> {
    this.#replace();
    await this.#pass(LONGEST_LIFE_MS);
    await this.kill();
  }

  #replace(): void {
    this.blows.replacements++;
    this.#tell("replace");
    this.#under.push(this.#place.hearth("daemon", "restart"));
  }

  #killDaemon(): void {
    const pid = this.#place.descriptor()?.pid;
    if (pid === undefined || !this.#isDaemon(pid) || !signal(pid, "SIGKILL")) return;
    this.blows.kills++;
    this.#tell("kill");
  }

  /** The descriptor may name one that has ended, whose number may be anybody's. */
  #isDaemon(pid: number): boolean {
    return this.#place.daemons().some((daemon) => daemon.pid === pid);
  }

  async #untilReplaced(instanceId: string | undefined, starts: Promise<unknown>): Promise<void> {
    let ended = false;
    void starts.then(() => {
      ended = true;
    });
    const deadline = performance.now() + PUBLISHED_WITHIN_MS;
    while (!ended && performance.now() < deadline && this.#place.descriptor()?.instanceId === instanceId) {
      await delay(LOOK_EVERY_MS);
    }
  }

  async #pass(maxMs: number): Promise<void> {
    const ms = this.#random.momentMs(maxMs);
    this.#tell(`${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`);
    await delay(ms);
  }

  #tell(what: string): void {
    this.blows.told.push(what);
  }
}

const BLOWS = ["kill", "kill", "killTwice", "killTwice", "killAll", "halt", "replace", "replaceAndKill"] as const;
