// The named pipe that clients know on Windows: the leader listens on it beside its own, since a pipe can't be linked.
//
// Nobody can take it away from the process that listens, and it goes with that process. Windows refuses a second listener,
// but not everything that passes for Windows does, so whoever is there is asked first.
import { once } from "node:events";
import type { Server } from "node:net";
import { hasCode } from "../errno.js";
import { leadsToListener } from "./inherited-socket.js";
import { SocketInUseError } from "./public-socket.js";

export class PublicPipe {
  readonly #path: string;
  readonly #newServer: () => Server;
  #server: Server | null = null;

  constructor(path: string, newServer: () => Server) {
    this.#path = path;
    this.#newServer = newServer;
  }

  /**
   * To be called by the leader alone. True when there was something to do.
   * @throws {SocketInUseError} when another program listens there.
   */
  async publish(): Promise<boolean> {
    if (this.#server !== null) return false;
    if (await leadsToListener(this.#path)) throw new SocketInUseError(this.#path);
    this.#server = await this.#listen();
    return true;
  }

  /** Connections that are open stay so. */
  async unpublish(): Promise<void> {
    this.#server?.close();
    this.#server = null;
  }

  async #listen(): Promise<Server> {
    const server = this.#newServer();
    const listening = once(server, "listening");
    server.listen(this.#path);
    try {
      await listening;
      return server;
    } catch (error) {
      throw hasCode(error, "EADDRINUSE", "EACCES") ? new SocketInUseError(this.#path) : error;
    }
  }
}
