// Accepts connections, as many as the limit allows, and hands their messages to the answerer.
import { createServer, type Server, type Socket } from "node:net";
import { limitReached } from "../../protocol/errors.js";
import { encode } from "../../protocol/framing.js";
import type { LimitsInForce } from "./limits.js";
import { type Answer, failure, Peer } from "./peer.js";

export interface Connections {
  /** Makes a server for them that does not listen yet; whoever holds the lock decides where. */
  newServer(): Server;
  /** Those that are open. */
  readonly peers: ReadonlySet<Peer>;
}

export function acceptConnections(options: { readonly limits: LimitsInForce; readonly answer: Answer }): Connections {
  const peers = new Set<Peer>();
  const accept = (socket: Socket): void => {
    const { connections } = options.limits.current;
    if (peers.size >= connections) {
      refuse(socket, connections);
      return;
    }
    const peer = new Peer(socket, options);
    peers.add(peer);
    socket.on("close", () => peers.delete(peer));
  };
  return { newServer: () => createServer({ allowHalfOpen: true }, accept), peers };
}

/** Tells why, in lines since this peer has not shown yet how it frames; nothing of it is read. */
function refuse(socket: Socket, connections: number): void {
  const way = { instead: "Close connections that are not needed", key: "connections" };
  const error = limitReached(`At most ${connections} connections are served at once.`, way);
  socket.on("error", () => socket.destroy());
  socket.end(encode(failure(error), "newline"), () => socket.destroy());
}
