// Which notification belongs to which stream, also across reconnections.
import { Subscription } from "./subscription.js";

/** Stands for the subscription of what nobody subscribes to: the daemon's notices to an attached agent. */
export const TO_THE_AGENT = "";

/** How one stream is begun (again), ended, and kept track of. */
export interface Source<T> {
  /** Subscribes and tells the daemon's name for it; called again after each reconnection. */
  begin(): Promise<{ readonly subscription: string }>;
  end(subscription: string): Promise<void>;
  seen(item: T): void;
}

interface Entry {
  id: string | null;
  readonly begin: () => Promise<{ readonly subscription: string }>;
  readonly deliver: (item: unknown) => void;
  readonly stream: Pick<Subscription<unknown>, "fail" | "close">;
}

/** The streams of one client. */
export class Subscriptions {
  readonly #entries = new Set<Entry>();
  /** Notifications that came in one read with the answer that names their subscription, hence before anybody knew it. */
  readonly #early = new Map<string, unknown[]>();
  #beginning = 0;
  #isClosed = false;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  async open<T>(source: Source<T>): Promise<Subscription<T>> {
    const subscription = new Subscription<T>(async () => {
      this.#entries.delete(entry);
      if (entry.id !== null) await source.end(entry.id);
    });
    const entry: Entry = {
      id: null,
      begin: () => source.begin(),
      deliver: (item) => {
        source.seen(item as T);
        subscription.push(item as T);
      },
      stream: subscription,
    };
    await this.#begin(entry);
    // Its answer came together with what closed the client.
    if (this.#isClosed) await subscription.close();
    return subscription;
  }

  /** Begins every stream again on a new connection. */
  async resume(): Promise<void> {
    await Promise.all([...this.#entries].map((entry) => this.#begin(entry)));
  }

  failAll(error: Error): void {
    for (const entry of this.#entries) entry.stream.fail(error);
    this.#entries.clear();
  }

  /** Ends every stream, and those that are just beginning. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#entries].map((entry) => entry.stream.close()));
  }

  /** Hands a notification to its streams; those that belong to none are dropped. */
  deliver(method: string, params: unknown): void {
    const { subscription = TO_THE_AGENT } = (params ?? {}) as { subscription?: unknown };
    if (typeof subscription !== "string") return;
    const entries = [...this.#entries].filter(({ id }) => id === subscription);
    for (const entry of entries) entry.deliver({ method, params });
    if (entries.length === 0 && this.#beginning > 0) this.#keepEarly(subscription, { method, params });
  }

  async #begin(entry: Entry): Promise<void> {
    entry.id = null;
    this.#beginning++;
    try {
      const { subscription } = await entry.begin();
      entry.id = subscription;
      this.#entries.add(entry);
      for (const item of this.#early.get(subscription) ?? []) entry.deliver(item);
    } finally {
      this.#beginning--;
      if (this.#beginning === 0) this.#early.clear();
    }
  }

  #keepEarly(subscription: string, item: unknown): void {
    const items = this.#early.get(subscription);
    if (items === undefined) this.#early.set(subscription, [item]);
    else items.push(item);
  }
}
