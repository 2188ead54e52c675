// Brings a poke to an agent by the route of its definition, and tells truthfully what became of it.
import type { HearthEvent } from "../../protocol/events.js";
import { flawInStdinText } from "../../protocol/poke-text.js";
import type { AgentSpec, PokeRoute } from "../config/spec.js";
import type { PokeOutcome } from "../sessions/session.js";
import type { Agent, PokeRecord, SignalOutcome } from "./agent.js";
import type { Clock } from "./clock.js";

/** Time a poke may take before it is called off, in milliseconds: nobody waits for a stuck terminal or program. */
const POKE_TIMEOUT_MS = 30_000;

export interface PokerWorld {
  readonly clock: Clock;
  /** Sends a `heartbeat` notification to every connection attached as this agent; tells how many there were. */
  notify(agent: string, heartbeat: { readonly count: number; readonly at: number; readonly message: string }): number;
  /** Runs a poke's program with the message in its environment. */
  runCommand(
    spec: AgentSpec,
    argv: readonly string[],
    run: { readonly message: string; readonly signal: AbortSignal },
  ): Promise<PokeOutcome>;
  announce(event: HearthEvent): void;
}

export class Poker {
  readonly #world: PokerWorld;
  /** Agents with a poke under way: one at a time, so that a stuck one can't pile up. */
  readonly #busy = new Set<string>();
  readonly #counts = new Map<string, number>();
  /** What calls off each poke that takes its time. */
  readonly #underWay = new Set<AbortController>();
  #stopped = false;

  constructor(world: PokerWorld) {
    this.#world = world;
  }

  /** Pokes an agent; never rejects, the record tells. */
  async poke(agent: Agent, poke: { readonly message: string; readonly scheduled: boolean }): Promise<PokeRecord> {
    const route = routeOf(agent.spec, poke);
    const outcome = this.#whyNot(agent.name) ?? (await this.#deliver(agent, route, poke.message));
    const record: PokeRecord = { ...outcome, at: this.#world.clock.wall(), via: route.kind };
    agent.poked(record);
    const { at: _, ...told } = record;
    this.#world.announce({ type: "poke.sent", agent: agent.name, data: { ...told, scheduled: poke.scheduled } });
    return record;
  }

  /** Calls off what is under way and begins nothing more: when the daemon is gone nobody would end a program that hangs. */
  stop(): void {
    this.#stopped = true;
    for (const poke of this.#underWay) poke.abort(new Error(STOPPING.detail));
  }

  #whyNot(agent: string): PokeOutcome | null {
    if (this.#stopped) return STOPPING;
    return this.#busy.has(agent) ? BUSY : null;
  }

  async #deliver(agent: Agent, route: PokeRoute, message: string): Promise<PokeOutcome> {
    this.#busy.add(agent.name);
    try {
      return await this.#bring(agent, route, message);
    } catch (error) {
      return { delivered: false, detail: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#busy.delete(agent.name);
    }
  }

  async #bring(agent: Agent, route: PokeRoute, message: string): Promise<PokeOutcome> {
    switch (route.kind) {
      case "none":
        return {
          delivered: false,
          detail: 'the agent\'s definition has no poke; set heartbeat = { poke = "session" }',
        };
      case "session":
        return this.#bringToSession(agent, message);
      case "rpc":
        return this.#notify(agent.name, message);
      case "signal":
        return outcomeOfSignal(agent.notify(route.signal), route.signal);
      case "command":
        return this.#inTime((signal) => this.#world.runCommand(agent.spec, route.argv, { message, signal }));
    }
  }

  async #bringToSession(agent: Agent, message: string): Promise<PokeOutcome> {
    const flaw = agent.spec.session === "process" ? flawInStdinText(message) : null;
    if (flaw !== null) return { delivered: false, detail: `the message ${flaw}` };
    return this.#inTime((signal) => agent.pokeSession(message, signal));
  }

  async #inTime(bring: (signal: AbortSignal) => Promise<PokeOutcome>): Promise<PokeOutcome> {
    const poke = new AbortController();
    const timeUp = (): void =>
      poke.abort(new Error(`it took more than ${POKE_TIMEOUT_MS / 1000} s and was called off`));
    const cancel = this.#world.clock.after(POKE_TIMEOUT_MS, timeUp);
    this.#underWay.add(poke);
    try {
      return await bring(poke.signal);
    } finally {
      cancel();
      this.#underWay.delete(poke);
    }
  }

  #notify(agent: string, message: string): PokeOutcome {
    const count = (this.#counts.get(agent) ?? 0) + 1;
    const reached = this.#world.notify(agent, { count, at: this.#world.clock.wall(), message });
    if (reached === 0) return { delivered: false, detail: "the agent has no connection attached" };
    this.#counts.set(agent, count);
    return { delivered: true };
  }
}

const STOPPING = { delivered: false, detail: "the daemon is stopping" } as const;
const BUSY: PokeOutcome = { delivered: false, detail: "an earlier poke is still under way" };
const NOT_RUNNING: PokeOutcome = { delivered: false, detail: "the agent is not running" };

function outcomeOfSignal(outcome: SignalOutcome, signal: string): PokeOutcome {
  if (outcome === "no-such-signal") return { delivered: false, detail: `there is no ${signal} on this system` };
  return outcome === "sent" ? { delivered: true } : NOT_RUNNING;
}

/** What somebody asks for by hand reaches a terminal even when nothing is scheduled. */
function routeOf({ heartbeat, session }: AgentSpec, { scheduled }: { readonly scheduled: boolean }): PokeRoute {
  const byHand = !scheduled && heartbeat.poke.kind === "none" && session === "tmux";
  return byHand ? { kind: "session" } : heartbeat.poke;
}
