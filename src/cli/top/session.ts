// One connection to the daemon: what it tells by itself, and its account of what an event leaves open.
import { setTimeout as sleep } from "node:timers/promises";
import { HearthError } from "../../../protocol/errors.js";
import type { AgentStatus, DaemonStatus } from "../../../protocol/methods.js";
import type { Client, EventNotification } from "../../client/client.js";
import type { Subscription } from "../../client/subscription.js";
import type { Effect, Input } from "./step.js";

/** A connection with all there is to begin with. */
export interface Opened {
  readonly client: Client;
  readonly events: Subscription<EventNotification>;
  readonly daemon: DaemonStatus;
  readonly agents: readonly AgentStatus[];
}

/** How long an answer may take, in milliseconds. */
interface Patience {
  readonly timeoutMs: number;
}

/**
 * Subscribes before it asks, so that nothing is missed in between. The client is closed when something fails, and when
 * the signal calls it off.
 */
export async function open(
  connect: () => Promise<Client>,
  options: Patience & { readonly signal: AbortSignal },
): Promise<Opened> {
  const client = await connect();
  const giveUp = (): void => void client.close();
  options.signal.addEventListener("abort", giveUp, { once: true });
  try {
    const events = await client.subscribe({}, { timeoutMs: options.timeoutMs });
    return { client, events, ...(await account(client, { timeoutMs: options.timeoutMs })) };
  } catch (error) {
    await client.close();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", giveUp);
  }
}

/** Tells what the daemon tells, until the connection is lost. */
export async function listen(
  { client, events }: Opened,
  tell: (input: Input) => void,
  refresher: Refresher,
): Promise<void> {
  try {
    for await (const { method, params } of events) {
      if (method === "events.lagged") tell({ kind: "lagged" });
      else tell({ kind: "event", event: params });
    }
  } finally {
    refresher.stop();
    await client.close();
  }
}

async function account(
  client: Client,
  options: Patience,
): Promise<{ readonly daemon: DaemonStatus; readonly agents: readonly AgentStatus[] }> {
  const [daemon, { agents }] = await Promise.all([
    client.call("daemon.status", {}, options),
    client.call("agent.list", {}, options),
  ]);
  return { daemon, agents };
}

type Wish = Extract<Effect, { readonly kind: "refresh" }>["agents"];

/** From so many agents on, asking for all of them is less work than asking for each. */
const ONE_BY_ONE = 8;
/** A pause between two answers, so that agents that crash in a row keep nobody busy; milliseconds. */
const PAUSE_MS = 100;

/** Asks for what events leave open: never two questions at once, and not a single one while nothing happens. */
export class Refresher {
  readonly #client: Client;
  readonly #tell: (input: Input) => void;
  readonly #options: Patience;
  readonly #stopped = new AbortController();
  readonly #wanted = new Set<string>();
  #wantsAll = false;
  #isBusy = false;

  constructor(client: Client, tell: (input: Input) => void, options: Patience) {
    this.#client = client;
    this.#tell = tell;
    this.#options = options;
  }

  /** Sees to it that these are asked for once more. */
  want(agents: Wish): void {
    if (agents === "all") this.#wantsAll = true;
    else for (const agent of agents) this.#wanted.add(agent);
    if (this.#isBusy) return;
    this.#isBusy = true;
    // A connection that is lost is told by its events.
    this.#work().catch(() => {});
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #work(): Promise<void> {
    try {
      while ((this.#wantsAll || this.#wanted.size > 0) && !this.#stopped.signal.aborted) {
        await this.#ask();
        await sleep(PAUSE_MS, undefined, { signal: this.#stopped.signal });
      }
    } finally {
      this.#isBusy = false;
    }
  }

  async #ask(): Promise<void> {
    const names = [...this.#wanted];
    const isWhole = this.#wantsAll;
    this.#wanted.clear();
    this.#wantsAll = false;
    if (isWhole) this.#tell({ kind: "listed", ...(await account(this.#client, this.#options)) });
    else if (names.length <= ONE_BY_ONE) await Promise.all(names.map((name) => this.#askFor(name)));
    else this.#tell({ kind: "told", ...(await this.#client.call("agent.list", {}, this.#options)) });
  }

  async #askFor(agent: string): Promise<void> {
    try {
      this.#tell({ kind: "told", agents: [await this.#client.call("agent.get", { agent }, this.#options)] });
    } catch (error) {
      if (!(error instanceof HearthError && error.kind === "no-such-agent")) throw error;
      this.#tell({ kind: "vanished", agent });
    }
  }
}
