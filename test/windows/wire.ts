// A connection to the daemon's pipe, byte for byte, for clients in either framing.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number };
}

export class Wire {
  readonly #socket: Socket;
  #text = "";

  private constructor(socket: Socket) {
    this.#socket = socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.#text += text;
    });
    socket.on("error", () => {});
  }

  static async open(path: string): Promise<Wire> {
    const socket = connect(path);
    await once(socket, "connect");
    return new Wire(socket);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  send(id: number, method: string, params: object = {}): void {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  }

  /** What has been received, once it holds this. */
  async received(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) return match;
      if (this.#socket.destroyed) throw new Error(`closed after ${JSON.stringify(this.#text)}`);
      await this.#news();
    }
  }

  /** Resolves when something has come, or nothing will. */
  async #news(): Promise<void> {
    const heard = new AbortController();
    const either = ["data", "close"].map((event) => once(this.#socket, event, { signal: heard.signal }));
    await Promise.race(either).finally(() => heard.abort());
  }

  /** The answer to a call of a client that sends lines. */
  async call(id: number, method: string, params: object = {}): Promise<Message> {
    this.send(id, method, params);
    const [line] = await this.received(new RegExp(`^.*"id":${id}[,}].*$`, "m"));
    return JSON.parse(line) as Message;
  }

  close(): void {
    this.#socket.destroy();
  }
}
