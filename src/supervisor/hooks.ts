// Runs the hooks of agents after the events they are for: bounded in time and number, in order for each agent, waited for by nobody.
import type { HearthEvent } from "../../protocol/events.js";
import type { AgentStatus } from "../../protocol/methods.js";
import type { AgentSpec, HookName } from "../config/spec.js";
import type { Clock } from "./clock.js";
import { commonFacts, endFacts, type Facts, occasionOf } from "./hook-facts.js";
import { timestamp } from "./status.js";

/** Hooks that run at the same time, of all agents together; of one agent it is one. */
export const HOOKS_AT_ONCE = 4;
/** Hooks of one agent that may wait; one more takes the place of the oldest. */
export const HOOKS_WAITING = 16;
/** Time a hook has, in milliseconds. */
export const HOOK_TIME_MS = 30_000;
/** Time for those that wait or run when the daemon ends, all together, in milliseconds. */
export const LAST_HOOKS_MS = 5_000;

/** Time until one that was killed is gone, in milliseconds. */
const KILLED_WITHIN_MS = 1_000;

/** A hook that is to be run. */
export interface HookCall {
  readonly hook: HookName;
  readonly spec: AgentSpec;
  readonly argv: readonly [string, ...string[]];
  readonly facts: Facts;
}

export interface HooksWorld {
  readonly clock: Clock;
  /** Undefined when there is no such agent any more. */
  specOf(agent: string): AgentSpec | undefined;
  /** Of an agent that there is. */
  statusOf(agent: string): AgentStatus;
  /** Id of the lifecycle request that is being carried out on an agent; null when there is none. */
  runningRequest(agent: string): string | null;
  /** Runs it until it ends, or the signal ends it. Never rejects. */
  run(call: HookCall, signal: AbortSignal): Promise<void>;
  /** Hooks of this agent were not run, for this reason. */
  dropped(agent: string, dropped: { readonly count: number; readonly why: string }): void;
}

/** Subscribes to what happens to agents; what is lost with a daemon that is killed is not made up for by the next. */
export class Hooks {
  readonly #world: HooksWorld;
  readonly #waiting: HookCall[] = [];
  /** By agent, what ends the hook that runs. */
  readonly #running = new Map<string, AbortController>();
  /** Why Hearth is ending the session of an agent. */
  readonly #causes = new Map<string, { readonly incarnation: number; readonly reason: string }>();
  /** How many of an agent's hooks were dropped since one of them was run. */
  readonly #dropped = new Map<string, number>();
  #isClosed = false;
  #idle: () => void = () => {};

  constructor(world: HooksWorld) {
    this.#world = world;
  }

  /** Something happened; the hook that is for it, if there is one, is run as soon as it can be. */
  notice(event: HearthEvent): void {
    const { agent } = event;
    if (agent === null || this.#isClosed) return;
    const call = this.#callFor(agent, event);
    if (event.type === "agent.stopping") this.#causes.set(agent, event.data);
    if (event.type === "agent.exited") this.#causes.delete(agent);
    if (call === null) return;
    this.#waiting.push(call);
    this.#dropOldest(agent);
    this.#runNext();
  }

  /** Waits for what waits and runs, for a while; then ends it. Nothing is begun for what happens from here on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isIdle()) return;
    const { clock } = this.#world;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const cancels = [
      clock.after(LAST_HOOKS_MS, () => this.#giveUp()),
      // Whoever can't even be killed is not waited for.
      clock.after(LAST_HOOKS_MS + KILLED_WITHIN_MS, () => this.#idle()),
    ];
    await idle;
    for (const cancel of cancels) cancel();
  }

  #callFor(agent: string, event: HearthEvent): HookCall | null {
    const occasion = occasionOf(event);
    const spec = occasion === null ? undefined : this.#world.specOf(agent);
    const argv = occasion === null ? undefined : spec?.hooks[occasion.hook];
    if (occasion === null || spec === undefined || argv === undefined) return null;
    const { hook, facts } = occasion;
    const common = commonFacts(hook, this.#world.statusOf(agent), timestamp(this.#world.clock.wall()));
    const ofEnd = event.type === "agent.exited" ? this.#factsOfEnd(agent, event.data.incarnation) : {};
    return { hook, spec, argv, facts: { ...common, ...facts, ...ofEnd } };
  }

  #factsOfEnd(agent: string, incarnation: number): Facts {
    const known = this.#causes.get(agent);
    if (known?.incarnation !== incarnation) return {};
    return endFacts({ cause: known.reason, request: this.#world.runningRequest(agent) });
  }

  #dropOldest(agent: string): void {
    const own = this.#waiting.filter(({ spec }) => spec.name === agent);
    const [oldest] = own;
    if (own.length <= HOOKS_WAITING || oldest === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(oldest), 1);
    this.#dropped.set(agent, (this.#dropped.get(agent) ?? 0) + 1);
  }

  #runNext(): void {
    while (this.#running.size < HOOKS_AT_ONCE) {
      const next = this.#waiting.findIndex(({ spec }) => !this.#running.has(spec.name));
      const [call] = next < 0 ? [] : this.#waiting.splice(next, 1);
      if (call === undefined) break;
      void this.#run(call);
    }
    if (this.#isIdle()) this.#idle();
  }

  async #run(call: HookCall): Promise<void> {
    const { name } = call.spec;
    this.#tellDropped(name, `more than ${HOOKS_WAITING} of them waited`);
    const life = new AbortController();
    this.#running.set(name, life);
    const timeIsUp = new Error(`it took longer than ${HOOK_TIME_MS / 1_000} s`);
    const cancel = this.#world.clock.after(HOOK_TIME_MS, () => life.abort(timeIsUp));
    await this.#world.run(call, life.signal);
    cancel();
    this.#running.delete(name);
    this.#runNext();
  }

  #giveUp(): void {
    for (const { spec } of this.#waiting.splice(0))
      this.#dropped.set(spec.name, (this.#dropped.get(spec.name) ?? 0) + 1);
    for (const name of [...this.#dropped.keys()]) this.#tellDropped(name, STOPPING);
    for (const life of this.#running.values()) life.abort(new Error(STOPPING));
  }

  /** Once for a whole row of them, since a crash loop without a backoff drops hundreds a second. */
  #tellDropped(agent: string, why: string): void {
    const count = this.#dropped.get(agent) ?? 0;
    this.#dropped.delete(agent);
    if (count > 0) this.#world.dropped(agent, { count, why });
  }

  #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#running.size === 0;
  }
}

const STOPPING = "the daemon is stopping";
