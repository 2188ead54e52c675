// A raw client of the socket: JSON lines over node:net, with nothing of Hearth's own client or framing in between.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ErrorObject } from "../../protocol/errors.js";
import type { EventType } from "../../protocol/events.js";
import type { MethodName, Params, Result } from "../../protocol/methods.js";
import { within } from "./deadline.js";

/** Anything that came over the wire. */
export interface Message {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: ErrorObject;
}

/** The params of an `event` notification. */
export interface SeenEvent {
  readonly subscription: string;
  readonly seq: number;
  readonly at: string;
  readonly type: EventType;
  readonly agent?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Matches = (message: Message) => boolean;

export class Wire {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #inbox: Message[] = [];
  readonly #waiting = new Set<() => void>();
  #unfinished = "";
  #lastId = 0;

  static async connect(path: string): Promise<Wire> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, "connect");
    return new Wire(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    // A connection that the daemon resets is closed too.
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    this.closed = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
  }

  /** Calls a method of the protocol; rejects when the answer is an error. */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    const { error, result } = await this.ask(method, params);
    if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
    return result as Result<M>;
  }

  /** Sends any request and resolves with its whole answer. */
  ask(method: string, params?: unknown): Promise<Message> {
    const id = ++this.#lastId;
    this.send({ jsonrpc: "2.0", id, method, params });
    return this.receive((message) => message.id === id && message.method === undefined, `the answer to ${method}`);
  }

  /** Sends one message as it is. */
  send(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The first message, of those nobody has received yet, that matches. */
  async receive(matches: Matches = () => true, what = "a message"): Promise<Message> {
    const arrival = new Promise<Message>((resolve) => {
      const look = (): void => {
        const found = this.#inbox.findIndex(matches);
        if (found < 0) return;
        this.#waiting.delete(look);
        for (const message of this.#inbox.splice(found, 1)) resolve(message);
      };
      this.#waiting.add(look);
      look();
    });
    const cut = this.closed.then(() => {
      throw new Error(`the connection was closed before ${what}`);
    });
    cut.catch(() => {});
    return within(Promise.race([arrival, cut]), () => `${what}; received instead: ${JSON.stringify(this.#inbox)}`);
  }

  /** The next event of this type that nobody has received yet. Needs `events.subscribe` first. */
  async event(type: EventType, agent?: string): Promise<SeenEvent> {
    const isIt: Matches = ({ method, params }) =>
      method === "event" && params?.type === type && (agent === undefined || params.agent === agent);
    const { params } = await this.receive(isIt, `${type} of ${agent ?? "the daemon"}`);
    return params as unknown as SeenEvent;
  }

  /** The lines of the next `log` notification. */
  async lines(): Promise<readonly string[]> {
    const { params } = await this.receive(({ method }) => method === "log", "lines of a log");
    return params?.lines as string[];
  }

  /** Reads nothing from here on, so that what the daemon sends stays where it is. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#socket.resume();
  }

  /** Shuts the sending side; answers still arrive. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.#inbox.push(JSON.parse(line) as Message);
    for (const look of [...this.#waiting]) look();
  }
}
