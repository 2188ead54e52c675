// Tells the client of what changes: follows the daemon's events, and the logs that the client listens to.
import { setTimeout as sleep } from "node:timers/promises";
import { HearthError } from "../../protocol/errors.js";
import type { Client, EventNotification, LogNotification } from "../client/client.js";
import type { Subscription } from "../client/subscription.js";
import type { Host } from "./host.js";
import { Listeners } from "./listeners.js";
import { AGENTS_URI, uriOf } from "./uris.js";

/** Where word of a change goes. */
export interface Audience {
  /** A resource shows something else; `uri` as the client wrote it. */
  updated(uri: string): void;
  /** There are other resources. */
  listChanged(): void;
}

/** Events after which an agent's status is another; behind the last, agents wrote while no daemon told of it. */
const TYPES = ["agent.*", "beat", "poke.sent", "daemon.started"];

/** Changes within this time are told once; milliseconds. */
const COALESCE_MS = 100;

/** How often a daemon that has gone is looked for, in milliseconds: nothing tells when the next one comes. */
const LOOK_AGAIN_MS = 2_000;

type Lines = Subscription<LogNotification>;

export class Watch {
  readonly #host: Host;
  readonly #audience: Audience;
  readonly #closing = new AbortController();
  readonly #listeners = new Listeners();
  /** The logs that are followed, by agent; null while one is being opened. */
  readonly #logs = new Map<string, Lines | null>();
  /** Agents of which there was news while their logs were being opened or closed: what comes of that may be out of date. */
  readonly #again = new Set<string>();
  /** Addresses that show something else since the client was told. */
  readonly #changed = new Set<string>();
  #isListChanged = false;
  #timer: NodeJS.Timeout | null = null;
  #client: Client | null = null;
  #events: Subscription<EventNotification> | null = null;
  #isOffline = false;

  constructor(host: Host, audience: Audience) {
    this.#host = host;
    this.#audience = audience;
  }

  /** Watches until it is closed, also across daemons that come and go; never starts one. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#followDaemon().catch((error: unknown) => this.#miss(error));
      await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Looks at a message of the client on its way, for what it listens to. */
  heed(message: unknown): void {
    if (this.#listeners.heed(message)) this.#followLogs();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#client?.close();
    await this.#events?.close();
  }

  /** @throws when the daemon is gone for good */
  async #followDaemon(): Promise<void> {
    const client = await this.#host.connect();
    if (this.#closing.signal.aborted) return client.close();
    this.#client = client;
    try {
      this.#events = await client.subscribe({ types: TYPES });
      this.#isOffline = false;
      // Of what happened before, no event tells.
      this.#changeEverything();
      this.#followLogs();
      for await (const notification of this.#events) this.#see(notification);
    } finally {
      this.#client = null;
      await client.close();
      for (const lines of this.#logs.values()) await lines?.close();
    }
  }

  #miss(error: unknown): void {
    if (!this.#isOffline && !this.#closing.signal.aborted) this.#note(error);
    this.#isOffline = true;
  }

  #note(error: unknown): void {
    this.#host.note(this.#host.words.failure(error).lines.join(" "));
  }

  #see({ method, params }: EventNotification): void {
    if (method === "events.lagged" || params.agent === undefined) this.#changeEverything();
    else this.#changeAgent(params.agent, params.type);
  }

  #changeAgent(agent: string, type: string): void {
    this.#change(AGENTS_URI);
    this.#change(uriOf({ of: "status", agent }));
    if (type === "agent.added" || type === "agent.removed") this.#changeList();
    if (type !== "agent.added") return;
    // Its log may have been listened to before there was one.
    if (this.#logs.get(agent) === null) this.#again.add(agent);
    this.#followLogs();
  }

  /** Follows the logs that are listened to, and no others. */
  #followLogs(): void {
    const client = this.#client;
    if (client === null) return;
    const wanted = this.#listeners.logs;
    for (const [agent, lines] of this.#logs) if (!wanted.has(agent)) lines?.close().catch(() => {});
    for (const agent of wanted) {
      if (!this.#logs.has(agent)) this.#followLog(client, agent).catch((error: unknown) => this.#missLog(error));
    }
  }

  async #followLog(client: Client, agent: string): Promise<void> {
    this.#logs.set(agent, null);
    try {
      const lines = await client.followLog({ agent, lines: 0 });
      this.#logs.set(agent, lines);
      // Meanwhile lines may have been written, and the client may have lost interest.
      this.#change(uriOf({ of: "log", agent }));
      if (!this.#listeners.logs.has(agent)) await lines.close();
      else for await (const _ of lines) this.#change(uriOf({ of: "log", agent }));
      // It was closed for want of interest, which may be back.
      this.#again.add(agent);
    } finally {
      this.#logs.delete(agent);
      if (this.#again.delete(agent)) this.#followLogs();
    }
  }

  /** That the daemon has gone is told by `#miss`, for all. */
  #missLog(error: unknown): void {
    if (error instanceof HearthError) this.#note(error);
  }

  #changeEverything(): void {
    for (const address of this.#listeners.wanted.keys()) this.#change(address);
    this.#changeList();
  }

  #change(address: string): void {
    if (!this.#listeners.wanted.has(address)) return;
    this.#changed.add(address);
    this.#tellSoon();
  }

  #changeList(): void {
    this.#isListChanged = true;
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), COALESCE_MS);
  }

  #tell(): void {
    this.#timer = null;
    const { wanted } = this.#listeners;
    const uris = [...this.#changed].flatMap((address) => [...(wanted.get(address) ?? [])]);
    this.#changed.clear();
    for (const uri of uris) this.#audience.updated(uri);
    if (this.#isListChanged) this.#audience.listChanged();
    this.#isListChanged = false;
  }
}
