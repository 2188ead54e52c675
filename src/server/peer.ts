// One connection: bytes in, frames to whoever answers them, answers and notifications out, within limits.
import type { Socket } from "node:net";
import { frameTooLarge, type HearthError, parseError, toErrorObject } from "../../protocol/errors.js";
import {
  encode,
  encodeText,
  type Frame,
  FrameDecoder,
  type Framing,
  MAX_FRAME_BYTES_BEFORE_ATTACH,
} from "../../protocol/framing.js";
import type { LimitsInForce } from "./limits.js";

/** Who is at the other end, as proved by its token. */
export type Caller =
  | { readonly role: "operator" }
  | { readonly role: "agent"; readonly agent: string; readonly incarnation: number };

/** What is there at once, or comes later. */
export type Awaitable<T> = T | Promise<T>;

/** Answers one message: with what is to be sent, or undefined for nothing. Never rejects. */
export type Answer = (message: unknown, peer: Peer) => Awaitable<object | undefined>;

/** Something a connection keeps going, such as a subscription. */
export interface Subscription {
  readonly id: string;
  end(): void;
}

/** A frame that is made of more bytes than this takes long enough for others to notice. */
const LARGE_BYTES = 1024 * 1024;
/** Whoever sends large frames has at most a fifth of the daemon's time: it is read again after so many times what they cost. */
const REST_FACTOR = 4;

export class Peer {
  /** Null until it has attached. */
  caller: Caller | null = null;
  readonly #socket: Socket;
  readonly #limits: LimitsInForce;
  readonly #answer: Answer;
  readonly #decoder: FrameDecoder;
  readonly #gone = new AbortController();
  /** The same as a plain field: it is looked at for every answer. */
  #isGone = false;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #drained = new Set<() => void>();
  #lastSubscription = 0;
  #inFlight = 0;
  /** Requests not answered yet, waits among them. */
  #unanswered = 0;
  #outbox: string[] = [];
  #willFlush = false;
  /** The peer will send nothing more, but may still be reading. */
  #halfClosed = false;
  /** What it sends can't be understood any more: it is read no further. */
  #lost = false;
  #closing = false;
  /** Set while it is not read because its last frame took long. */
  #rest: NodeJS.Timeout | null = null;
  #patience: NodeJS.Timeout | null;

  constructor(socket: Socket, options: { readonly limits: LimitsInForce; readonly answer: Answer }) {
    this.#socket = socket;
    this.#limits = options.limits;
    this.#answer = options.answer;
    this.#decoder = new FrameDecoder({ maxBytes: MAX_FRAME_BYTES_BEFORE_ATTACH });
    this.#patience = setTimeout(() => socket.destroy(), options.limits.current.attachWithinMs);
    socket.on("data", (chunk: Buffer) => {
      this.#decoder.push(chunk);
      this.#read();
    });
    socket.on("drain", () => this.#wrote());
    socket.on("end", () => {
      this.#halfClosed = true;
      this.#finishWhenDone();
    });
    // A peer that vanished is no event of the daemon's: `close` follows.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
  }

  /** Aborted when the connection is gone: whatever only it was waiting for can be called off. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** More is waiting to be written than this peer reads. */
  get isLagging(): boolean {
    return this.#socket.writableLength > this.#limits.current.unwrittenBytes;
  }

  /** Proves who it is: frames may be larger, and it may stay. */
  attach(caller: Caller): void {
    this.caller = caller;
    this.#decoder.maxBytes = this.#limits.current.frameBytes;
    this.#stopPatience();
  }

  /** Sends a notification, all of it or (when the peer is gone) nothing. */
  notify(method: string, params: object): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /** Sends a notification whose params are JSON text already, made once for many peers. */
  notifyText(method: string, paramsJson: string): void {
    this.#sendText(`{"jsonrpc":"2.0","method":"${method}","params":${paramsJson}}`);
  }

  /** Calls back once, when all that was waiting has been written. */
  whenDrained(callback: () => void): void {
    this.#drained.add(callback);
  }

  /** Keeps a subscription until it is ended or the connection is gone; undefined when there are too many. */
  subscribe(begin: (id: string) => () => void): string | undefined {
    if (this.#subscriptions.size >= this.#limits.current.subscriptions) return undefined;
    const id = String(++this.#lastSubscription);
    this.#subscriptions.set(id, { id, end: begin(id) });
    return id;
  }

  /** True when there was such a subscription. */
  unsubscribe(id: string): boolean {
    this.#subscriptions.get(id)?.end();
    const known = this.#subscriptions.delete(id);
    this.#finishWhenDone();
    return known;
  }

  /** Resolves when everything sent so far is with the kernel, or the connection is gone. */
  async flushed(): Promise<void> {
    this.#flush();
    if (this.#socket.writableLength === 0 || this.#isGone) return;
    await new Promise<void>((resolve) => {
      this.whenDrained(resolve);
      this.gone.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Reads frames until there are none, or this peer has enough under way. */
  #read(): void {
    while (!this.#closing && !this.#lost && !this.#isFull()) {
      const began = this.#decoder.heldBytes > LARGE_BYTES ? performance.now() : null;
      const frame = this.#decoder.next();
      if (frame === undefined) break;
      this.#take(frame);
      if (began !== null) this.#restAfter(performance.now() - began);
    }
    if (this.#isFull()) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #isFull(): boolean {
    return this.#inFlight >= this.#limits.current.requestsInFlight || this.isLagging || this.#rest !== null;
  }

  #restAfter(costMs: number): void {
    this.#rest = setTimeout(() => {
      this.#rest = null;
      this.#read();
      this.#finishWhenDone();
    }, costMs * REST_FACTOR);
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case "message":
        this.#inFlight++;
        this.#unanswered++;
        this.#respond(frame.value);
        return;
      case "invalid":
        this.#send(failure(parseError(frame.why)));
        return;
      case "too-large":
        this.#send(failure(frameTooLarge(frame.maxBytes)));
        this.#lose();
        return;
      case "bad-header":
        this.#lose();
    }
  }

  /** Ends the connection, once what was asked before is answered. What only waits is called off. */
  #lose(): void {
    this.#lost = true;
    this.#finishWhenDone();
  }

  #respond(message: unknown): void {
    const answer = this.#answer(message, this);
    // Not awaited: this is the path of every call, and each function that waits adds to its time.
    if (answer instanceof Promise) void answer.then((later) => this.#answered(later));
    else this.#answered(answer);
  }

  /** Sends what a message was answered with. */
  #answered(answer: object | undefined): void {
    if (answer !== undefined && !this.#isGone) this.#outbox.push(encode(answer, this.#framing));
    this.#unanswered--;
    this.#settled();
    // What was asked together is answered in one write, at once when nothing else is under way.
    if (this.#inFlight === 0) this.#flush();
    else this.#flushSoon();
    this.#finishWhenDone();
  }

  /** A request that only waits gives its place among those in flight to another. */
  setAside(): () => void {
    this.#settled();
    return () => {
      this.#inFlight++;
    };
  }

  #settled(): void {
    this.#inFlight--;
    if (this.#socket.isPaused()) this.#read();
  }

  #send(message: object): void {
    if (this.#isGone) return;
    this.#enqueue(encode(message, this.#framing));
  }

  #sendText(json: string): void {
    if (this.#isGone) return;
    this.#enqueue(encodeText(json, this.#framing));
  }

  get #framing(): Framing {
    return this.#decoder.framing ?? "newline";
  }

  #enqueue(text: string): void {
    this.#outbox.push(text);
    this.#flushSoon();
  }

  /** What one turn of the event loop sends goes out in one write. */
  #flushSoon(): void {
    if (this.#willFlush || this.#outbox.length === 0) return;
    this.#willFlush = true;
    setImmediate(() => {
      this.#willFlush = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const text = this.#outbox.length === 1 ? this.#outbox[0] : this.#outbox.join("");
    this.#outbox = [];
    if (!this.#isGone) this.#socket.write(text ?? "");
  }

  #wrote(): void {
    const waiting = [...this.#drained];
    this.#drained.clear();
    for (const callback of waiting) callback();
    if (this.#socket.isPaused()) this.#read();
    this.#finishWhenDone();
  }

  /** Whoever asks, shuts its side and reads on (as `nc` does) still gets its answers and events. */
  #finishWhenDone(): void {
    if (this.#lost && this.#inFlight === 0) this.#finish();
    // While it has too much under way, frames it sent before may not have been read yet.
    if (!this.#halfClosed || this.#isFull()) return;
    if (this.#unanswered === 0 && this.#subscriptions.size === 0) this.#finish();
  }

  /** Nothing more is read; what is still owed is sent, then the connection ends. */
  #finish(): void {
    this.#closing = true;
    this.#flush();
    this.#socket.end();
  }

  #closed(): void {
    this.#stopPatience();
    if (this.#rest !== null) clearTimeout(this.#rest);
    this.#closing = true;
    this.#outbox = [];
    this.#isGone = true;
    this.#gone.abort();
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }

  #stopPatience(): void {
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#patience = null;
  }
}

/** The answer to what has no id that could be known. */
export function failure(error: HearthError): object {
  return { jsonrpc: "2.0", id: null, error: toErrorObject(error) };
}
