// The calls that are being answered, for an end that lets them be.
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>();

  /** Knows of a call until it is answered. */
  add<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    const forget = () => this.#calls.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Resolves when every call has been answered, and its answer written, or when the time is up. */
  async answered(timeoutMs: number): Promise<void> {
    await Promise.race([Promise.allSettled(this.#calls), sleep(timeoutMs, undefined, { ref: false })]);
    await nextTurn();
  }
}
