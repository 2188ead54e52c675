// The operator's side of the soak: asks for things through whatever befalls the daemon, keeping what was answered.
import { setTimeout as delay } from "node:timers/promises";
import type { LifecycleAction } from "../../protocol/lifecycle.js";
import {
  type Client,
  ClientError,
  connect,
  HearthError,
  type MethodName,
  type Params,
  type Result,
} from "../../src/client/index.js";
import type { Errand, Player } from "./cast.js";
import type { Random } from "./random.js";

/** A daemon may be away for as long as the soak likes. */
const PATIENT = { tries: 100_000, firstDelayMs: 20, maxDelayMs: 50 };
const RETRY_MS = 20;
const CALL_TIMEOUT_MS = 5_000;
const LONGEST_PAUSE_MS = 200;
/** Requests of one kind for one agent. */
const MOST_AT_ONCE = 3;

/** A lifecycle request that was answered. */
export interface Asked {
  readonly id: string;
  readonly agent: string;
  readonly action: LifecycleAction;
  /** Its reason, and the key of one that has a key. */
  readonly tag: string;
}

/** A poke of which the daemon said that it was delivered. */
export interface Delivered {
  readonly agent: string;
  readonly message: string;
  /** The session was this one or a later one. */
  readonly notBefore: number;
}

/** What several clerks know together. */
export interface Files {
  readonly asked: Asked[];
  readonly delivered: Delivered[];
  /** What was last asked for and answered: whether the agent should run. Null: asked for, and no answer yet. */
  readonly wanted: Map<string, "up" | "down" | null>;
  calls: number;
  refusals: number;
}

/** A client of the operator that finds each next daemon. */
export async function reachOperator(home: string): Promise<Client> {
  for (;;) {
    try {
      return await connect({ home, env: {}, reconnect: PATIENT });
    } catch (error) {
      if (!mayPass(error)) throw error;
      await delay(RETRY_MS);
    }
  }
}

export class Clerk {
  readonly #home: string;
  readonly #players: readonly Player[];
  readonly #random: Random;
  readonly #files: Files;
  #client: Promise<Client> | null = null;
  #tags = 0;
  #isOver = false;

  /** @param players whom nobody else asks anything of, so that it is known what was asked last */
  constructor(home: string, players: readonly Player[], random: Random, files: Files) {
    this.#home = home;
    this.#players = players.filter(({ errands }) => errands.length > 0);
    this.#random = random;
    this.#files = files;
  }

  /** Asks for one thing after the other until `finish`; what was begun is insisted on until it is answered. */
  async work(): Promise<void> {
    this.#isOver = false;
    while (!this.#isOver && this.#players.length > 0) {
      const player = this.#random.pick(this.#players);
      await this.#run(player, this.#random.pick(player.errands));
      await delay(this.#random.momentMs(LONGEST_PAUSE_MS));
    }
  }

  finish(): void {
    this.#isOver = true;
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
    this.#client = null;
  }

  #run(player: Player, errand: Errand): Promise<void> {
    switch (errand) {
      case "cycle":
        return this.#requestSome(player, "cycle");
      case "restart-request":
        return this.#requestSome(player, "restart");
      case "shutdown":
        return this.#shutDown(player);
      case "stop":
        return this.#stop(player);
      case "restart":
        return this.#want(player, "up", "agent.restart", { agent: player.name, wait: this.#random.chance(0.3) });
      case "reset":
        return this.#start(player);
      case "poke":
        return this.#poke(player);
    }
  }

  /** Those that come at once wait for each other. */
  async #requestSome(player: Player, action: LifecycleAction): Promise<void> {
    const count = this.#random.integer({ min: 1, max: MOST_AT_ONCE });
    await Promise.all(Array.from({ length: count }, () => this.#request(player, action)));
  }

  /** One with a key is asked for again and again until it is answered, which must not make it two. */
  async #request({ name: agent, habits }: Player, action: LifecycleAction): Promise<Asked | null> {
    const tag = `operator ${this.#random.integer({ min: 0, max: 999_999 })}-${++this.#tags}`;
    const handsOver = action === "cycle" && !habits.tellsReady && this.#random.chance(0.5);
    const params = { agent, action, reason: tag, ...(handsOver ? { handoff: tag } : {}) };
    const answer = this.#random.chance(0.7)
      ? await this.#insist("lifecycle.request", { ...params, key: tag })
      : await this.#once("lifecycle.request", params);
    if (answer === null) return null;
    const asked = { id: answer.request.id, agent, action, tag };
    this.#files.asked.push(asked);
    return asked;
  }

  async #shutDown(player: Player): Promise<void> {
    this.#files.wanted.set(player.name, null);
    const asked = await this.#request(player, "shutdown");
    if (asked !== null && this.#random.chance(0.5)) await this.#insist("lifecycle.wait", { id: asked.id });
    await this.#start(player);
    // Either of the two may have come first.
    this.#files.wanted.set(player.name, null);
  }

  async #stop(player: Player): Promise<void> {
    const { name: agent } = player;
    await this.#want(player, "down", "agent.stop", { agent, wait: this.#random.chance(0.5) });
    if (this.#random.chance(0.7)) await this.#start(player);
  }

  #start(player: Player): Promise<void> {
    const params = { agent: player.name, reset: true, wait: this.#random.chance(0.3) };
    return this.#want(player, "up", "agent.start", params);
  }

  async #want<M extends MethodName>(
    player: Player,
    wanted: "up" | "down",
    method: M,
    params: Params<M>,
  ): Promise<void> {
    this.#files.wanted.set(player.name, null);
    const answer = await this.#insist(method, params);
    if (answer !== null) this.#files.wanted.set(player.name, wanted);
  }

  async #poke({ name: agent }: Player): Promise<void> {
    const message = `poke ${this.#random.integer({ min: 0, max: 999_999 })}-${++this.#tags}`;
    const before = await this.#insist("agent.get", { agent });
    const answer = await this.#once("agent.poke", { agent, message });
    if (before === null || answer?.delivered !== true) return;
    this.#files.delivered.push({ agent, message, notBefore: before.incarnation });
  }

  /** Null when it was refused. */
  async #insist<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M> | null> {
    for (;;) {
      try {
        return await this.#call(method, params);
      } catch (error) {
        if (isRefusal(error)) return this.#refused();
        if (!mayPass(error)) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  /** Null when it was refused, or there was no answer. */
  async #once<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M> | null> {
    try {
      return await this.#call(method, params);
    } catch (error) {
      if (isRefusal(error)) return this.#refused();
      if (!mayPass(error)) throw error;
      return null;
    }
  }

  async #call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    this.#client ??= reachOperator(this.#home);
    const client = await this.#client;
    this.#files.calls++;
    return client.call(method, params, { timeoutMs: CALL_TIMEOUT_MS });
  }

  #refused(): null {
    this.#files.refusals++;
    return null;
  }
}

/** No daemon, one that went away, or one that is stopping or halted: the next attempt may be luckier. */
function mayPass(error: unknown): boolean {
  if (error instanceof ClientError) return error.kind === "offline" || error.kind === "connection-lost";
  return error instanceof HearthError && (error.kind === "timed-out" || error.kind === "shutting-down");
}

function isRefusal(error: unknown): boolean {
  return error instanceof HearthError && (error.kind === "not-possible" || error.kind === "limit-reached");
}
