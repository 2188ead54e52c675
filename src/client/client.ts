// The client of a daemon: attaches, calls, subscribes, and finds the daemon again when it goes away.

import { existsSync } from "node:fs";
import type { Happening, MethodName, Notification, Params, Result } from "../../protocol/calls.js";
import { HearthError } from "../../protocol/errors.js";
import { DAEMON_VERSION } from "../../protocol/version.js";
import { ClientError } from "../client-error.js";
import { type Connection, openConnection } from "./connection.js";
import { type DiscoverOptions, type Endpoint, resolveEndpoint, type Whereabouts } from "./discover.js";
import { connectionLost } from "./errors.js";
import { type CallOptions, FOREVER_MS, limited } from "./limit.js";
import { monotonicMs } from "./monotonic.js";
import { type Backoff, RECONNECT, tryAgain } from "./reconnect.js";
import type { Subscription } from "./subscription.js";
import { Subscriptions, TO_THE_AGENT } from "./subscriptions.js";

/** Where the daemon is and who is calling. */
export interface ConnectOptions extends DiscoverOptions, CallOptions {
  /** Shown in the daemon's log; defaults to this package. */
  readonly client?: { readonly name: string; readonly version: string } | undefined;
  /** How to look for a daemon that went away; defaults to five tries, 200 ms to 2 s apart. */
  readonly reconnect?: Backoff | undefined;
}

/** What an event subscription yields: events, or word that some were missed. */
export type EventNotification =
  | { readonly method: "event"; readonly params: Happening }
  | { readonly method: "events.lagged"; readonly params: Notification<"events.lagged"> };

/** What a followed log yields. */
export interface LogNotification {
  readonly method: "log";
  readonly params: Notification<"log">;
}

/** What the daemon tells an agent that has attached, without being asked. */
export type AgentNotice = {
  [M in "heartbeat" | "handoff.requested" | "shutdown.requested"]: {
    readonly method: M;
    readonly params: Notification<M>;
  };
}["heartbeat" | "handoff.requested" | "shutdown.requested"];

/** Wakes a service manager's daemon; tells whether there was anybody to be woken. */
export type Wake = (whereabouts: Whereabouts, options: CallOptions) => Promise<boolean>;

/**
 * Connects to the daemon of a home. Where there is none it is left to `wake`, and then tried once more.
 * @throws {ClientError} `offline` when nobody was woken, and what `wake` throws.
 */
export async function connectAt(
  whereabouts: Whereabouts,
  wake: Wake,
  options: Omit<ConnectOptions, keyof DiscoverOptions> = {},
): Promise<Client> {
  const locate = () => resolveEndpoint(whereabouts);
  try {
    return await connectTo(locate, options);
  } catch (error) {
    const isAbsent =
      error instanceof ClientError && error.kind === "offline" && !existsSync(whereabouts.descriptorPath);
    if (!isAbsent || !(await wake(whereabouts, options))) throw error;
    return connectTo(locate, options);
  }
}

/** Connects to what `locate` finds, which is asked again for each reconnection: a new daemon has a new token. */
export async function connectTo(
  locate: () => Endpoint,
  options: Omit<ConnectOptions, keyof DiscoverOptions> = {},
): Promise<Client> {
  const client = new Client(locate, options);
  await client.reach(options);
  return client;
}

/** Whoever has heard enough does not wait longer for a daemon that is halted to say so; milliseconds. */
const UNSUBSCRIBE_TIMEOUT_MS = 1_000;

interface Attached {
  readonly connection: Connection;
  readonly attach: Promise<Result<"system.attach">>;
}

/** See `connect`. */
export class Client {
  readonly #locate: () => Endpoint;
  readonly #identity: { readonly name: string; readonly version: string };
  readonly #backoff: Backoff;
  readonly #subscriptions = new Subscriptions();
  readonly #closing = new AbortController();
  #attached: Promise<Attached> | null = null;
  /** The connection in use; one that was given up on has no say any more. */
  #current: Connection | null = null;

  constructor(locate: () => Endpoint, options: Omit<ConnectOptions, keyof DiscoverOptions>) {
    this.#locate = locate;
    this.#identity = options.client ?? { name: "hearth", version: DAEMON_VERSION };
    this.#backoff = options.reconnect ?? RECONNECT;
  }

  /** Connects for the first time, without trying again. */
  async reach(options: CallOptions): Promise<void> {
    await this.#connect(() => this.#dial(options));
  }

  /**
   * Calls a method.
   * @throws {HearthError} what the daemon answered, or `timed-out` or `cancelled` as the options say.
   * @throws {ClientError} `connection-lost` when it may have been carried out, `offline` when it was not.
   */
  async call<M extends MethodName>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>> {
    return (await this.request(method, params, options)) as Result<M>;
  }

  /** Calls any method by name, checking neither params nor result. */
  async request(method: string, params: unknown, options: CallOptions = {}): Promise<unknown> {
    const { signal, timeoutMs = FOREVER_MS } = options;
    const deadline = monotonicMs() + timeoutMs;
    const { connection, attach } = await limited(method, options, async () => this.#live());
    try {
      return await connection.request(method, params, { signal, timeoutMs: Math.max(0, deadline - monotonicMs()) });
    } catch (error) {
      // The refused attach says why nothing behind it was answered.
      if (error instanceof HearthError && error.kind === "not-attached") await attach;
      throw error;
    }
  }

  /** Who the daemon takes this client for. */
  async identity(): Promise<Result<"system.attach">> {
    return (await this.#live()).attach;
  }

  /**
   * Events from here on, or after `since`. After a reconnection they go on where they stopped, as far as the daemon kept
   * them. The options are about the beginning, not about the stream.
   */
  async subscribe(
    params: Params<"events.subscribe"> = {},
    options?: CallOptions,
  ): Promise<Subscription<EventNotification>> {
    let since = params.since;
    return this.#subscriptions.open<EventNotification>({
      begin: async () => {
        const begun = await this.call("events.subscribe", { ...params, since }, options);
        // Also a stream that has not had an event yet goes on where it began.
        since ??= begun.seq;
        return begun;
      },
      end: (subscription) => this.#unsubscribe(subscription),
      seen: ({ params: event }) => {
        if ("seq" in event) since = event.seq;
      },
    });
  }

  /**
   * The last lines of agents' output, or of the log of "daemon", and those that come. With `after`, even if it names no
   * agent, what was written while there was no connection comes too. The options are about the beginning, not about the
   * stream.
   */
  async followLog(params: Params<"logs.follow">, options?: CallOptions): Promise<Subscription<LogNotification>> {
    let { lines } = params;
    const after = params.after === undefined ? {} : { after: { ...params.after } };
    return this.#subscriptions.open<LogNotification>({
      begin: () => this.call("logs.follow", { ...params, ...after, lines }, options),
      end: (subscription) => this.#unsubscribe(subscription),
      seen: ({ params: { agent, next } }) => {
        // After a reconnection the tail would be shown twice.
        lines = 0;
        if (after.after !== undefined && next !== undefined) after.after[agent] = next;
      },
    });
  }

  /**
   * What the daemon tells this agent: heartbeats (with `poke = "rpc"`), that a handoff is asked for, that it is about to be
   * stopped. Goes on with the daemon's successors. An operator's client hears nothing here.
   */
  async notices(): Promise<Subscription<AgentNotice>> {
    return this.#subscriptions.open<AgentNotice>({
      begin: async () => {
        // They come to every connection that has attached.
        await this.identity();
        return { subscription: TO_THE_AGENT };
      },
      end: async () => {},
      seen: () => {},
    });
  }

  /** Ends subscriptions, whose loops are done, and the connection; calls under way fail. */
  async close(): Promise<void> {
    this.#closing.abort(connectionLost("this client closed it"));
    await this.#subscriptions.closeAll();
    const attached = await this.#attached?.catch(() => null);
    attached?.connection.close();
  }

  #live(): Promise<Attached> {
    this.#closing.signal.throwIfAborted();
    return this.#attached ?? this.#reconnect();
  }

  #reconnect(): Promise<Attached> {
    const { signal } = this.#closing;
    return this.#connect(() => tryAgain(() => this.#dialAndAttach({ signal }), this.#backoff, signal));
  }

  #connect(dial: () => Promise<Attached>): Promise<Attached> {
    const attached = dial().then((reached) => {
      this.#current = reached.connection;
      return reached;
    });
    this.#attached = attached;
    attached.catch(() => {
      // The next call tries again.
      if (this.#attached === attached) this.#attached = null;
    });
    return attached;
  }

  /** A new daemon listens a moment before its descriptor is there: the old one's token is then refused, and tried again. */
  async #dialAndAttach(options: CallOptions): Promise<Attached> {
    const reached = await this.#dial(options);
    try {
      await reached.attach;
      return reached;
    } catch (error) {
      reached.connection.close();
      throw error;
    }
  }

  async #dial(options: CallOptions): Promise<Attached> {
    const { socketPath, token } = this.#locate();
    const connection: Connection = await openConnection(
      socketPath,
      {
        notification: (method, params) => this.#subscriptions.deliver(method, params),
        closed: (reason) => this.#onClosed(connection, reason),
      },
      options,
    );
    const attach = connection.call("system.attach", { token, client: this.#identity });
    // It is reported by the first call that needs it.
    attach.catch(() => {});
    return { connection, attach };
  }

  /** A client with subscriptions looks for the daemon at once; one that only calls does so with its next call. */
  #onClosed(connection: Connection, reason: ClientError | null): void {
    if (connection !== this.#current) return;
    this.#current = null;
    this.#attached = null;
    if (reason === null || this.#subscriptions.isEmpty || this.#closing.signal.aborted) return;
    this.#resume().catch((error: unknown) => this.#subscriptions.failAll(asError(error)));
  }

  async #resume(): Promise<void> {
    await this.#reconnect();
    try {
      await this.#subscriptions.resume();
    } catch (error) {
      // That it was lost once more has been told to `#onClosed`, which begins again.
      if (!(error instanceof ClientError && error.kind === "connection-lost")) throw error;
    }
  }

  /** Whatever comes of it nothing more is handed on, and with the connection the subscription goes by itself. */
  async #unsubscribe(subscription: string): Promise<void> {
    if (this.#closing.signal.aborted || this.#attached === null) return;
    await this.call("events.unsubscribe", { subscription }, { timeoutMs: UNSUBSCRIBE_TIMEOUT_MS }).catch(() => {});
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
