// Which connections are attached as which agent, for notifications that an agent alone is to get, and until when.
import type { Peer } from "./peer.js";

/** One session of an agent. */
export interface AgentSession {
  readonly agent: string;
  readonly incarnation: number;
}

export class AttachedAgents {
  readonly #peers = new Map<string, Set<Peer>>();

  /** Remembers a connection until it is gone. */
  add(agent: string, peer: Peer): void {
    const peers = this.#peers.get(agent) ?? new Set();
    if (peers.has(peer)) return;
    this.#peers.set(agent, peers.add(peer));
    peer.gone.addEventListener("abort", () => {
      peers.delete(peer);
      if (peers.size === 0 && this.#peers.get(agent) === peers) this.#peers.delete(agent);
    });
  }

  /** Whether a connection of this session would get a notification. */
  has(session: AgentSession): boolean {
    return this.#peersOf(session).length > 0;
  }

  /** Sends a notification to every connection of one session; tells how many there were. */
  notify(session: AgentSession, method: string, params: object): number {
    const current = this.#peersOf(session);
    for (const peer of current) peer.notify(method, params);
    return current.length;
  }

  /** Ends the subscriptions of connections that attached as sessions of an agent which are over, as their tokens are. */
  letGo(agent: string, isCurrent: (session: AgentSession) => boolean): void {
    for (const peer of this.#peers.get(agent) ?? []) {
      const { caller } = peer;
      if (caller?.role === "agent" && caller.agent === agent && !isCurrent(caller)) peer.unsubscribeAll();
    }
  }

  #peersOf({ agent, incarnation }: AgentSession): Peer[] {
    return [...(this.#peers.get(agent) ?? [])].filter(
      ({ caller }) =>
        // A connection may have attached again since, as another agent.
        caller?.role === "agent" && caller.agent === agent && caller.incarnation === incarnation,
    );
  }
}
