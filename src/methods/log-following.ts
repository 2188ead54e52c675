// One subscription to logs: of the agents that it began with, and of those that come.
import { formatLogPlace, type LogPlace } from "../../protocol/log-place.js";
import { matchGlob } from "../../protocol/names.js";
import type { Lines } from "../logs/follow.js";
import type { Peer } from "../server/peer.js";
import type { Services } from "./services.js";

export interface LogSubscription {
  readonly id: string;
  /** Of those that are there already, given first. */
  readonly lines: number;
  /** Each notification tells where to go on. */
  readonly tellsNext: boolean;
}

export class LogFollowing {
  readonly #services: Pick<Services, "logs" | "hub" | "report">;
  readonly #peer: Peer;
  readonly #subscription: LogSubscription;
  /** What ends each of them, by agent. */
  readonly #followed = new Map<string, AbortController>();
  #heedNoMore: () => void = () => {};
  #isOver = false;

  constructor(services: Pick<Services, "logs" | "hub" | "report">, peer: Peer, subscription: LogSubscription) {
    this.#services = services;
    this.#peer = peer;
    this.#subscription = subscription;
  }

  /**
   * Follows one more log, from a place on; without one from its last lines on. What is written from now on is told, however
   * late it is read.
   */
  begin(name: string, place?: LogPlace): void {
    const following = new AbortController();
    this.#followed.get(name)?.abort();
    this.#followed.set(name, following);
    this.#send(name, place, following.signal).catch((error: unknown) => {
      if (!following.signal.aborted) this.#services.report(`following the log of ${name}`, error);
    });
  }

  /** From here on follows agents that are added, if they have such a log, and lets those go that are removed. */
  heedAgents(pattern: string, has: (agent: string) => boolean): void {
    const { hub, logs } = this.#services;
    this.#heedNoMore = hub.listen(({ type, agent }) => {
      if (agent === null || !matchGlob(pattern, agent)) return;
      if (type === "agent.added" && has(agent)) this.begin(agent, logs.end(agent));
      // What it wrote before still comes.
      if (type === "agent.removed") this.#followed.get(agent)?.abort();
    });
  }

  end(): void {
    this.#isOver = true;
    this.#heedNoMore();
    for (const following of this.#followed.values()) following.abort();
  }

  async #send(name: string, place: LogPlace | undefined, signal: AbortSignal): Promise<void> {
    const { id, lines, tellsNext } = this.#subscription;
    const peer = this.#peer;
    const { logs } = this.#services;
    // Before anything is waited for.
    const begin = place === undefined ? { lines, after: logs.end(name) } : { lines: 0, after: place };
    const follow = () => logs.follow(name, { ...begin, signal });
    const { last, rest } = await peer.inTurn(follow, { signal });
    const tell = async ({ lines: told, end }: Lines): Promise<void> => {
      const next = tellsNext ? { next: formatLogPlace(end) } : {};
      if (told.length > 0 && !this.#isOver) peer.notify("log", { subscription: id, agent: name, lines: told, ...next });
      // The file waits for a slow reader; nothing is kept in memory for it.
      await peer.caughtUp();
    };
    await tell(last);
    for await (const lines of rest) await tell(lines);
  }
}
