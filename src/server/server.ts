// Accepts connections, as many as the limit allows, and hands their messages to the answerer.
import { createServer, type Server, type Socket } from "node:net";
import type { ServerLimits } from "./limits.js";
import { type Answer, Peer } from "./peer.js";

export interface Connections {
  /** Makes a server for them that does not listen yet; whoever holds the lock decides where. */
  newServer(): Server;
  /** Those that are open. */
  readonly peers: ReadonlySet<Peer>;
}

export function acceptConnections(options: { readonly limits: ServerLimits; readonly answer: Answer }): Connections {
  const peers = new Set<Peer>();
  const accept = (socket: Socket): void => {
    if (peers.size >= options.limits.connections) {
      socket.destroy();
      return;
    }
    const peer = new Peer(socket, options);
    peers.add(peer);
    socket.on("close", () => peers.delete(peer));
  };
  return { newServer: () => createServer({ allowHalfOpen: true }, accept), peers };
}
