// Follows the log of one agent at a time, and only as much of it as a person can see.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../client/client.js";
import { MAX_LOG_LINES } from "./advance.js";
import type { Input } from "./step.js";

/** A hand that goes down the list is not followed at each step; milliseconds. */
const SETTLE_MS = 80;
/** Characters that a log may bring within a second before the rest of that time is not listened to. */
const BUDGET = 512 * 1024;
const SECOND_MS = 1_000;
/** Pause of a log that is written faster than anybody reads, until its end is looked at again; milliseconds. */
const REST_MS = 250;

/**
 * A log that is written too fast is left and begun again with its last lines after a pause, so that neither the daemon
 * nor this program carries what would never be shown.
 */
export class LogFeed {
  readonly #tell: (input: Input) => void;
  #client: Client | null = null;
  #agent: string | null = null;
  #following: AbortController | null = null;

  constructor(tell: (input: Input) => void) {
    this.#tell = tell;
  }

  /** Follows this agent from here on, or nobody; does nothing when that is what it does already. */
  follow(agent: string | null, client: Client | null): void {
    if (agent === this.#agent && client === this.#client) return;
    this.#agent = agent;
    this.#client = client;
    this.#following?.abort();
    this.#following = null;
    if (agent === null || client === null) return;
    const following = new AbortController();
    this.#following = following;
    // Called off, or lost with its connection, which is told elsewhere; an agent that is gone has nothing to follow.
    this.#run(agent, client, following.signal).catch(() => {});
  }

  async #run(agent: string, client: Client, signal: AbortSignal): Promise<void> {
    await sleep(SETTLE_MS, undefined, { signal });
    while (!signal.aborted) {
      await this.#listen(agent, client, signal);
      await sleep(REST_MS, undefined, { signal });
    }
  }

  /** Until it is called off or has brought too much. */
  async #listen(agent: string, client: Client, signal: AbortSignal): Promise<void> {
    const log = await client.followLog({ agent, lines: MAX_LOG_LINES });
    const close = (): void => {
      // The connection's loss is told by its events.
      log.close().catch(() => {});
    };
    signal.addEventListener("abort", close, { once: true });
    if (signal.aborted) close();
    const budget = new Budget();
    let kind: "log-began" | "log-grew" = "log-began";
    try {
      for await (const { params } of log) {
        if (signal.aborted) return;
        this.#tell({ kind, agent, lines: params.lines });
        // What it begins with is not counted: it is asked for.
        if (kind === "log-grew" && budget.isSpentBy(params.lines)) return;
        kind = "log-grew";
      }
    } finally {
      signal.removeEventListener("abort", close);
    }
  }
}

/** What came within the present second. */
class Budget {
  #since = performance.now();
  #spent = 0;

  isSpentBy(lines: readonly string[]): boolean {
    const now = performance.now();
    if (now - this.#since > SECOND_MS) {
      this.#since = now;
      this.#spent = 0;
    }
    for (const line of lines) this.#spent += line.length;
    return this.#spent > BUDGET;
  }
}
