// The client's requests that have no answer yet, for an end that lets the answers out.
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { record, requestKey } from "./message.js";

export class Unanswered {
  readonly #requests = new Set<string>();
  #whenNone = () => {};

  /** Looks at a message of the client on its way. One that listens is answered by the end itself. */
  heed(message: unknown): void {
    const { method, id, params } = record(message);
    if (method === "notifications/cancelled") this.#forget(record(params).requestId);
    else if (method !== undefined && id !== undefined && method !== "subscriptions/listen")
      this.#requests.add(requestKey(id));
  }

  /** Looks at a message to the client that has been written. */
  written(message: unknown): void {
    const { method, id } = record(message);
    if (method === undefined) this.#forget(id);
  }

  /** Resolves when every request that has come in is answered, or when the time is up. */
  async none({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    // What was read last is on its way still.
    await nextTurn();
    if (this.#requests.size === 0) return;
    const waited = new AbortController();
    const none = new Promise<void>((resolve) => {
      this.#whenNone = resolve;
    });
    await Promise.race([none, sleep(timeoutMs, undefined, waited).catch(() => {})]);
    waited.abort();
  }

  #forget(id: unknown): void {
    this.#requests.delete(requestKey(id));
    if (this.#requests.size === 0) this.#whenNone();
  }
}
