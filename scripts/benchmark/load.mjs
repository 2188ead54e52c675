// One client for every server that is compared: it sends requests serialised beforehand and only counts the answers.

import { once } from "node:events";
import { connect } from "node:net";

const NEWLINE = 0x0a;

function countNewlines(chunk) {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** Calls of `system.ping` with ids 1 to `count`, as JSON. */
export function pings(count) {
  return Array.from({ length: count }, (_, index) => `{"jsonrpc":"2.0","id":${index + 1},"method":"system.ping"}`);
}

/** How a server frames messages, and how many newlines one answer has on the wire. */
export const NEWLINE_FRAMING = { frame: (json) => `${json}\n`, newlinesPerAnswer: 1 };
export const CONTENT_LENGTH_FRAMING = {
  frame: (json) => `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  newlinesPerAnswer: 2,
};

/** Joins calls into buffers of `size` calls, each written at once. */
export function batches(calls, { size, framing }) {
  const count = Math.ceil(calls.length / size);
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(
      calls
        .slice(index * size, (index + 1) * size)
        .map(framing.frame)
        .join(""),
    ),
  );
}

export class LoadClient {
  #socket;
  #newlines = 0;
  #awaited = Number.POSITIVE_INFINITY;
  #arrived = () => {};

  static async connect(socketPath, { defer }) {
    const socket = connect(socketPath);
    await once(socket, "connect");
    const client = new LoadClient(socket);
    defer(() => client.end());
    return client;
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#newlines += countNewlines(chunk);
      if (this.#newlines >= this.#awaited) this.#arrived();
    });
    socket.on("close", () => this.#arrived(new Error("the server closed the connection")));
  }

  /** Writes and resolves when `newlines` more have arrived. */
  exchange(bytes, newlines = 1) {
    const arrival = this.#arrival(this.#newlines + newlines);
    this.#socket.write(bytes);
    return arrival;
  }

  /** Median time of one call with none other in flight, in microseconds. */
  async latencyUs(bytes, { calls }) {
    const times = new Float64Array(calls);
    for (let call = 0; call < calls; call += 1) {
      const before = performance.now();
      await this.exchange(bytes);
      times[call] = performance.now() - before;
    }
    return times.sort()[Math.floor(calls / 2)] * 1000;
  }

  /** Calls answered a second, with at most `window` batches in flight. */
  async callsPerSecond(buffers, { callsPerBatch, newlinesPerAnswer, window }) {
    const newlinesPerBatch = callsPerBatch * newlinesPerAnswer;
    const start = this.#newlines;
    const before = performance.now();
    for (const [index, buffer] of buffers.entries()) {
      const over = index + 1 - window;
      if (over > 0) await this.#arrival(start + over * newlinesPerBatch);
      this.#socket.write(buffer);
    }
    await this.#arrival(start + buffers.length * newlinesPerBatch);
    return (buffers.length * callsPerBatch * 1000) / (performance.now() - before);
  }

  end() {
    this.#arrived = () => {};
    this.#socket.destroy();
  }

  #arrival(newlines) {
    if (this.#newlines >= newlines) return undefined;
    this.#awaited = newlines;
    return new Promise((resolve, reject) => {
      this.#arrived = (error) => (error === undefined ? resolve() : reject(error));
    });
  }
}
