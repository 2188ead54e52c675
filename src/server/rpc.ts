// Messages -> calls -> answers: JSON-RPC 2.0 to the letter around json-rpc-2.0's dispatch.
import type { JSONRPCResponse } from "json-rpc-2.0";
// The package's entry would bring its client side too, which every start of a daemon would pay for.
import { JSONRPCServer } from "json-rpc-2.0/dist/server.js";
import {
  cancelled,
  type ErrorObject,
  HearthError,
  invalidRequest,
  limitReached,
  methodNotFound,
  notAttached,
  notPermitted,
  shuttingDown,
  toErrorObject,
} from "../../protocol/errors.js";
import { type CheckedParams, type MethodName, methods, type Result } from "../../protocol/methods.js";
import { suggest } from "../../protocol/suggest.js";
import { checkParams } from "../../protocol/validate.js";
import { AfterAnswers } from "./after-answers.js";
import type { LimitsInForce } from "./limits.js";
import type { Answer, Awaitable, Caller, Peer } from "./peer.js";

/** One call under way, as its handler sees it. */
export interface Call {
  readonly peer: Peer;
  /** Who calls; null before attaching. */
  readonly caller: Caller | null;
  /**
   * Marks the call as a wait and gives its signal, aborted when the caller is gone or has cancelled it.
   * @throws HearthError `limit-reached` when the connection has too many
   */
  wait(): AbortSignal;
  /** Runs once the answer has been sent: for actions that end the asker or the daemon. */
  afterAnswer(action: () => void): void;
}

/** A plain function of a call and its checked params. */
export type Handler<M extends MethodName> = (call: Call, params: CheckedParams<M>) => Result<M> | Promise<Result<M>>;
export type Handlers = { readonly [M in MethodName]: Handler<M> };

export interface RpcOptions {
  readonly handlers: Handlers;
  readonly limits: LimitsInForce;
  /** Whether what a caller once proved still holds: an agent's token dies with its incarnation. */
  isCurrent(caller: Caller): boolean;
  /** An error that is no answer to the caller: a defect. */
  report(method: string, error: unknown): void;
}

type Id = string | number | null;

/** One of a connection's waits. Several may have the same id, if that is how they were sent; a notification's has none. */
interface Waiting {
  readonly id: Id | undefined;
  readonly controller: AbortController;
}

type Waits = Set<Waiting>;

interface Request {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly id?: Id;
  readonly params?: unknown;
}

export class Rpc {
  readonly #server = new JSONRPCServer<CallUnderWay>({ errorListener: () => {} });
  readonly #options: RpcOptions;
  readonly afterAnswers = new AfterAnswers();
  /** Waits that can be cancelled, of every peer. */
  readonly #waits = new Map<Peer, Waits>();
  #closed = false;

  constructor(options: RpcOptions) {
    this.#options = options;
    for (const method of Object.keys(methods) as MethodName[]) this.#serve(method);
  }

  /** From here on nothing is done for anybody: the state is about to be closed, so nothing could be recorded any more. */
  close(): void {
    this.#closed = true;
  }

  /** Answers one message: a request, a notification or a batch. Never rejects. */
  readonly answer: Answer = (message, peer) => {
    return Array.isArray(message) ? this.#answerBatch(message, peer) : this.#answerOne(message, peer);
  };

  async #answerBatch(messages: readonly unknown[], peer: Peer): Promise<object | undefined> {
    if (messages.length === 0) return failure(null, invalidRequest("The batch is empty."));
    const { batch: limit } = this.#options.limits.current;
    if (messages.length > limit) return failure(null, tooLargeBatch(limit));
    const answers = await Promise.all(messages.map((each) => this.#answerOne(each, peer)));
    const owed = answers.filter((answer) => answer !== undefined);
    return owed.length === 0 ? undefined : owed;
  }

  #answerOne(message: unknown, peer: Peer): Awaitable<object | undefined> {
    if (isResponse(message)) return undefined;
    const fault = faultOf(message);
    if (fault !== null) return failure(legalId(message), invalidRequest(fault));
    const request = message as Request;
    // It is a notification: with an id it is a request, for a method that there is not.
    if (request.method === "$/cancelRequest" && !("id" in request)) return this.#cancel(request, peer);
    return this.#dispatch(request, peer);
  }

  #dispatch(request: Request, peer: Peer): Awaitable<object | undefined> {
    const { id, method } = request;
    // json-rpc-2.0 answers an unknown method in words of its own; ours suggests one.
    if (!this.#server.hasMethod(method)) {
      return id === undefined ? undefined : failure(id, methodNotFound(method, suggest(method, Object.keys(methods))));
    }
    const call = new CallUnderWay(peer, id, this);
    const answer = this.#server.receive(request as Parameters<JSONRPCServer["receive"]>[0], call);
    return (id === undefined ? answer.then(() => undefined) : answer) as Promise<object | undefined>;
  }

  #serve<M extends MethodName>(method: M): void {
    const handler = this.#options.handlers[method] as Handler<M>;
    this.#server.addMethodAdvanced(method, ({ id = null, params }, call) => {
      try {
        this.#admit(method, call.caller);
        const result = handler(call, checkParams(method, params));
        if (result instanceof Promise) return this.#later(method, id, { call, result });
        return Promise.resolve({ jsonrpc: "2.0", id, result });
      } catch (error) {
        return Promise.resolve({ jsonrpc: "2.0", id, error: this.#told(method, error) });
      }
    });
  }

  async #later(method: MethodName, id: Id, pending: Pending): Promise<JSONRPCResponse> {
    try {
      return { jsonrpc: "2.0", id, result: await pending.result };
    } catch (error) {
      return { jsonrpc: "2.0", id, error: this.#told(method, error) };
    } finally {
      pending.call.end();
    }
  }

  /** What the caller is told of an error; a defect is for the log. */
  #told(method: MethodName, error: unknown): ErrorObject {
    if (error instanceof HearthError) return toErrorObject(error);
    // A call that was under way when the state was closed.
    if (this.#closed) return toErrorObject(shuttingDown());
    this.#options.report(method, error);
    return toErrorObject(error);
  }

  /** @throws HearthError when the caller may not call the method at all */
  #admit(method: MethodName, caller: Caller | null): void {
    const { access } = methods[method];
    if (access === "anyone") return;
    if (caller === null || !this.#options.isCurrent(caller)) throw notAttached();
    if (this.#closed) throw shuttingDown();
    if (access === "self") return;
    if (access === "operator" && caller.role !== "operator")
      throw notPermitted(`call ${method}: that is the operator's`);
    if (access === "agent" && caller.role !== "agent") throw notPermitted(`call ${method}: that is an agent's`);
  }

  #cancel(request: Request, peer: Peer): undefined {
    const { id: meant = null } = (request.params ?? {}) as { readonly id?: Id };
    for (const { id, controller } of this.#waits.get(peer) ?? []) if (id === meant) controller.abort(cancelled());
    return undefined;
  }

  /**
   * Begins a wait that its peer can cancel; `id` is undefined for a notification, which ends with its connection.
   * @throws HearthError `limit-reached` when the connection has too many
   */
  beginWait(peer: Peer, id: Id | undefined): Wait {
    const { waits: limit } = this.#options.limits.current;
    const waits = this.#waitsOf(peer);
    if (waits.size >= limit) throw tooManyWaits(limit);
    const waiting: Waiting = { id, controller: new AbortController() };
    waits.add(waiting);
    const resume = peer.setAside();
    const end = (): void => {
      waits.delete(waiting);
      resume();
    };
    return { signal: waiting.controller.signal, end };
  }

  #waitsOf(peer: Peer): Waits {
    const known = this.#waits.get(peer);
    if (known !== undefined) return known;
    const waits: Waits = new Set();
    this.#waits.set(peer, waits);
    peer.gone.addEventListener("abort", () => {
      this.#waits.delete(peer);
      for (const { controller } of waits) controller.abort(peer.gone.reason);
    });
    return waits;
  }
}

/** A call whose handler has not settled yet: only such a one can be waiting. */
interface Pending {
  readonly call: CallUnderWay;
  readonly result: Promise<unknown>;
}

interface Wait {
  readonly signal: AbortSignal;
  end(): void;
}

class CallUnderWay implements Call {
  readonly #id: Id | undefined;
  readonly #rpc: Rpc;
  #wait: Wait | null = null;

  constructor(
    readonly peer: Peer,
    id: Id | undefined,
    rpc: Rpc,
  ) {
    this.#id = id;
    this.#rpc = rpc;
  }

  get caller(): Caller | null {
    return this.peer.caller;
  }

  wait(): AbortSignal {
    this.#wait = this.#rpc.beginWait(this.peer, this.#id);
    return this.#wait.signal;
  }

  afterAnswer(action: () => void): void {
    this.#rpc.afterAnswers.add(this.peer, action);
  }

  end(): void {
    this.#wait?.end();
  }
}

function tooLargeBatch(limit: number): HearthError {
  return limitReached(`A batch has at most ${limit} messages.`, { instead: "Send it in parts", key: "batch" });
}

function tooManyWaits(limit: number): HearthError {
  const way = { instead: "Cancel some of them or use another connection", key: "waits" };
  return limitReached(`A connection waits for at most ${limit} things.`, way);
}

/** An answer to a request we never sent: answering it could start an endless exchange. */
function isResponse(message: unknown): boolean {
  return isObject(message) && !("method" in message) && ("result" in message || "error" in message) && "id" in message;
}

function faultOf(message: unknown): string | null {
  if (!isObject(message)) return "A request is an object.";
  if (message.jsonrpc !== "2.0") return 'The member "jsonrpc" must be "2.0".';
  if (typeof message.method !== "string") return 'The member "method" must be a string.';
  if ("id" in message && !isId(message.id)) return 'The member "id" must be a string, a number or null.';
  if ("params" in message && (typeof message.params !== "object" || message.params === null)) {
    return 'The member "params" must be an object.';
  }
  if ("result" in message || "error" in message) return 'A request has no member "result" or "error".';
  return null;
}

function legalId(message: unknown): Id {
  return isObject(message) && isId(message.id) ? message.id : null;
}

function isId(value: unknown): value is Id {
  return value === null || typeof value === "string" || typeof value === "number";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function failure(id: Id, error: HearthError): object {
  return { jsonrpc: "2.0", id, error: toErrorObject(error) };
}
