// Which connections are attached as which agent, for notifications that an agent alone is to get.
import type { Peer } from "./peer.js";

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

  /** Sends a notification to every connection of one session; tells how many there were. */
  notify(session: { readonly agent: string; readonly incarnation: number }, method: string, params: object): number {
    const current = [...(this.#peers.get(session.agent) ?? [])].filter(
      ({ caller }) =>
        // A connection may have attached again since, as another agent.
        caller?.role === "agent" && caller.agent === session.agent && caller.incarnation === session.incarnation,
    );
    for (const peer of current) peer.notify(method, params);
    return current.length;
  }
}
