// Many connections to one server.

import { once } from "node:events";
import { connect } from "node:net";

const NEWLINE = 0x0a;

/** One line that asks. */
export function request(id, method, params) {
  return `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
}

/** A connection that has said its piece and been answered in so many lines. */
export async function connected(socketPath, { greeting = "", lines = 0, defer }) {
  const socket = connect(socketPath);
  defer(() => socket.destroy());
  await once(socket, "connect");
  socket.write(greeting);
  let answered = 0;
  while (answered < lines) {
    const [chunk] = await once(socket, "data");
    answered += chunk.filter((byte) => byte === NEWLINE).length;
  }
  return socket;
}

/** One after the other: a listener's backlog is not what is measured. */
export async function inTurn(count, make) {
  const made = [];
  for (let index = 0; index < count; index += 1) made.push(await make(index));
  return made;
}
