// One connection to a daemon's socket: requests out, answers matched by id, notifications in.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { JSONRPCID, JSONRPCRequest, JSONRPCResponse } from "json-rpc-2.0";
// The package's entry would bring its server side too, which every start of a client would pay for.
import { JSONRPCClient } from "json-rpc-2.0/dist/client.js";
import type { MethodName, Params, Result } from "../../protocol/calls.js";
import { fromErrorObject, type HearthError, invalidParams, toErrorObject } from "../../protocol/errors.js";
import { encode, MAX_FRAME_BYTES } from "../../protocol/framing.js";
import { LineDecoder } from "../../protocol/line-decoder.js";
import type { ClientError } from "../client-error.js";
import { assertSocketPathFits } from "../paths.js";
import { messageOf } from "./discover.js";
import { connectionLost, offline, unresponsive } from "./errors.js";
import { type CallOptions, FOREVER_MS, limit } from "./limit.js";
import { monotonicMs } from "./monotonic.js";

/** What a connection tells its owner. */
export interface ConnectionEvents {
  notification(method: string, params: unknown): void;
  /** Told once, also after `close`; then `reason` is null. */
  closed(reason: ClientError | null): void;
}

const RETRY_FULL_BACKLOG_MS = 20;

/**
 * Connects to a socket. A full backlog is a busy daemon and tried again until the time is up.
 * @throws {PathError} the path is longer than the system can reach.
 * @throws {ClientError} `offline` when nobody listens, `unresponsive` when the time is up.
 */
export async function openConnection(
  socketPath: string,
  events: ConnectionEvents,
  options: CallOptions = {},
): Promise<Connection> {
  assertSocketPathFits(socketPath, process.platform);
  const deadline = monotonicMs() + (options.timeoutMs ?? FOREVER_MS);
  for (;;) {
    const outcome = await dial(socketPath);
    if (!(outcome instanceof Error)) return new Connection(outcome, events);
    if (outcome.code !== "EAGAIN") throw offline(`${socketPath}: ${outcome.code}`, outcome);
    if (monotonicMs() > deadline) throw unresponsive(null, `too many clients wait: ${socketPath}`);
    await sleep(RETRY_FULL_BACKLOG_MS, undefined, options);
  }
}

/** Connecting to a local socket succeeds or fails at once, without the other side's help. */
function dial(socketPath: string): Promise<Socket | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("error", resolve);
    socket.once("connect", () => {
      socket.off("error", resolve);
      resolve(socket);
    });
  });
}

/** See `openConnection`. */
export class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #decoder = new LineDecoder();
  readonly #rpc = new JSONRPCClient((request: JSONRPCRequest) => this.#ask(request));
  #lastId = 0;
  #lost: ClientError | null = null;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#end(connectionLost(error.message)));
    socket.on("close", () => this.#end(connectionLost("it went away")));
  }

  /**
   * Calls a method. Calls made in one turn of the event loop leave in one write, and are answered in any order.
   * @throws {HearthError} what the daemon answered, or `timed-out` or `cancelled` as the options say, or `invalid-params`, having sent
   * nothing, for what cannot be written as JSON.
   * @throws {ClientError} `connection-lost`.
   */
  async call<M extends MethodName>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>> {
    return (await this.request(method, params, options)) as Result<M>;
  }

  /** Calls any method by name, checking neither params nor result. */
  async request(method: string, params: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#lost !== null) throw this.#lost;
    const id = ++this.#lastId;
    const request: JSONRPCRequest = { jsonrpc: "2.0", id, method, params };
    const settle = limit(method, options, (error) => this.#giveUp(id, error));
    try {
      return this.#resultOf(await this.#rpc.requestAdvanced(request));
    } finally {
      settle();
    }
  }

  /** Ends the connection; calls under way fail. */
  close(): void {
    this.#end(null);
  }

  #ask(request: JSONRPCRequest): void {
    try {
      this.#send(request);
    } catch (thrown) {
      // A circle, or a BigInt. The package would keep only the words.
      this.#fail(request.id, invalidParams(`The params cannot be written as JSON: ${messageOf(thrown)}`));
    }
  }

  #send(payload: object): void {
    // Before anything is held back: what cannot be written must not keep back what comes after it.
    const text = encode(payload, "newline");
    this.#socket.cork();
    this.#socket.write(text);
    process.nextTick(() => this.#socket.uncork());
  }

  #giveUp(id: number, error: HearthError): void {
    this.#send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } });
    // Whoever called may close the connection next, which drops what has not left.
    this.#socket.uncork();
    this.#fail(id, error);
  }

  #fail(id: JSONRPCID | undefined, error: HearthError): void {
    this.#rpc.receive({ jsonrpc: "2.0", id: id ?? null, error: toErrorObject(error) });
  }

  #resultOf(response: JSONRPCResponse): unknown {
    if (response.error === undefined) return response.result;
    // The package answers for lost calls with words only; what was lost is known here.
    throw this.#lost ?? fromErrorObject(response.error);
  }

  #receive(chunk: Buffer): void {
    this.#decoder.push(chunk);
    while (this.#lost === null) {
      const frame = this.#decoder.next(MAX_FRAME_BYTES);
      if (frame === undefined) return;
      if (frame.kind === "message") this.#dispatch(frame.value);
      else this.#end(connectionLost("it does not speak JSON-RPC"));
    }
  }

  #dispatch(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    const { method, params, id } = message as { method?: unknown; params?: unknown; id?: JSONRPCID };
    if (typeof method === "string") this.#events.notification(method, params);
    else if (id !== null) this.#rpc.receive(message as JSONRPCResponse);
    // An error without an id is about the stream as a whole, such as a frame that was too large.
    else this.#end(connectionLost(fromErrorObject((message as JSONRPCResponse).error).message));
  }

  #end(reason: ClientError | null): void {
    if (this.#lost !== null) return;
    this.#lost = reason ?? connectionLost("this client closed it");
    this.#socket.destroy();
    this.#rpc.rejectAllPendingRequests("");
    this.#events.closed(reason);
  }
}
