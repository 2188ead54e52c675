// Accepts connections, as many as the limit allows, and hands their messages to the answerer.
import { createServer, type Server } from "node:net";
import type { ServerLimits } from "./limits.js";
import { type Answer, Peer } from "./peer.js";

export interface Connections {
  /** Not listening yet; whoever holds the lock decides where. */
  readonly server: Server;
  /** Those that are open. */
  readonly peers: ReadonlySet<Peer>;
}

export function acceptConnections(options: { readonly limits: ServerLimits; readonly answer: Answer }): Connections {
  const peers = new Set<Peer>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (peers.size >= options.limits.connections) {
      socket.destroy();
      return;
    }
    const peer = new Peer(socket, options);
    peers.add(peer);
    socket.on("close", () => peers.delete(peer));
  });
  return { server, peers };
}
