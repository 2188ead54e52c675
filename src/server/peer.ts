// One connection: bytes in, frames to whoever answers them, answers and notifications out, within limits.
import type { Socket } from "node:net";
import { cancelled, frameTooLarge, type HearthError, parseError, toErrorObject } from "../../protocol/errors.js";
import type { Frame } from "../../protocol/frame.js";
import { encode, FrameDecoder, type Framing, MAX_FRAME_BYTES_BEFORE_ATTACH } from "../../protocol/framing.js";
import type { Announcement } from "./announcement.js";
import type { LimitsInForce } from "./limits.js";
import { Turns } from "./turns.js";

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
/** More characters do not wait for what else is sent in the same turn: a peer that reads at once shall not seem to lag. */
const LARGE_OUTBOX = 64 * 1024;
/** How often a peer that shut its side is looked at: it may end without a sign. */
const LOOK_EVERY_MS = 1_000;

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
  readonly #turns = new Turns();
  #lastSubscription = 0;
  /** Requests being answered, those of batches among them; waits are not. */
  #inFlight = 0;
  /** Messages not answered yet, waits among them. */
  #unanswered = 0;
  #outbox: string[] = [];
  /** Its length in characters, of which none has less than a byte. */
  #outboxLength = 0;
  #willFlush = false;
  #willRead = false;
  /** The peer will send nothing more, but may still be reading. */
  #halfClosed = false;
  /** What it sends can't be understood any more: it is read no further. */
  #lost = false;
  #closing = false;
  /** Set while it is not read because its last frame took long. */
  #rest: NodeJS.Timeout | null = null;
  #patience: NodeJS.Timeout | null;
  #lookout: NodeJS.Timeout | null = null;

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
      if (!this.#closing) this.#lookOut();
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
    return this.#outboxLength + this.#socket.writableLength > this.#limits.current.unwrittenBytes;
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

  /** Tells one of its subscriptions of an event, which many may be told of. */
  announce(subscription: string, announcement: Announcement): void {
    if (!this.#isGone) this.#enqueue(announcement.text(subscription, this.#framing));
  }

  /** Calls back once, when what was waiting has been written or the connection is gone. */
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

  /** Ends all of its subscriptions. */
  unsubscribeAll(): void {
    this.#endSubscriptions();
    this.#finishWhenDone();
  }

  /** Resolves when everything sent so far is with the kernel, or the connection is gone. */
  async flushed(): Promise<void> {
    this.#flush();
    if (this.#socket.writableLength === 0 || this.#isGone) return;
    await new Promise<void>((resolve) => this.whenDrained(resolve));
  }

  /** Resolves when this peer does not lag, or the connection is gone. */
  async caughtUp(): Promise<void> {
    if (this.isLagging && !this.#isGone) await new Promise<void>((resolve) => this.whenDrained(resolve));
  }

  /**
   * Makes something large to be sent: one at a time, in the order of the calls, and only when this peer has read enough of
   * what was sent before. So it holds one of them in memory, however many it asks for.
   * @param options.signal calls it off while it waits; by default when the connection is gone
   */
  async inTurn<T>(
    make: () => Awaitable<T>,
    { signal = this.gone }: { readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const end = await this.#turns.next(signal);
    try {
      await this.caughtUp();
      signal.throwIfAborted();
      return await make();
    } finally {
      // By then it is in the outbox, and counts.
      setImmediate(end);
    }
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
    // An empty batch is answered too.
    const requests = Array.isArray(message) ? Math.max(1, message.length) : 1;
    this.#inFlight += requests;
    this.#unanswered++;
    const answer = this.#answer(message, this);
    // Not awaited: this is the path of every call, and each function that waits adds to its time.
    if (answer instanceof Promise) void answer.then((later) => this.#answered(later, requests));
    else this.#answered(answer, requests);
  }

  /** Sends what a message of so many requests was answered with. */
  #answered(answer: object | undefined, requests: number): void {
    if (answer !== undefined && !this.#isGone) this.#post(encode(answer, this.#framing));
    this.#unanswered--;
    this.#settled(requests);
    // What was asked together is answered in one write, at once when nothing else is under way.
    if (this.#inFlight === 0 && !this.#willRead) this.#flush();
    else this.#flushSoon();
    this.#finishWhenDone();
  }

  /** A request that only waits gives its place among those in flight to another. */
  setAside(): () => void {
    this.#settled(1);
    return () => {
      this.#inFlight++;
    };
  }

  #settled(requests: number): void {
    this.#inFlight -= requests;
    if (this.#socket.isPaused()) this.#readSoon();
  }

  /** What settles together makes room for as many requests, which are read together. */
  #readSoon(): void {
    if (this.#willRead) return;
    this.#willRead = true;
    queueMicrotask(() => {
      this.#willRead = false;
      this.#read();
      this.#finishWhenDone();
    });
  }

  #send(message: object): void {
    if (this.#isGone) return;
    this.#enqueue(encode(message, this.#framing));
  }

  get #framing(): Framing {
    return this.#decoder.framing ?? "newline";
  }

  #enqueue(text: string): void {
    this.#post(text);
    this.#flushSoon();
  }

  #post(text: string): void {
    this.#outbox.push(text);
    this.#outboxLength += text.length;
    if (this.#outboxLength > LARGE_OUTBOX) this.#flush();
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
    this.#clearOutbox();
    if (!this.#isGone) this.#socket.write(text ?? "");
  }

  #clearOutbox(): void {
    this.#outbox = [];
    this.#outboxLength = 0;
  }

  #wrote(): void {
    this.#tellDrained();
    if (this.#socket.isPaused()) this.#read();
    this.#finishWhenDone();
  }

  #tellDrained(): void {
    const waiting = [...this.#drained];
    this.#drained.clear();
    for (const callback of waiting) callback();
  }

  /**
   * A peer that was killed looks like one that has shut its side and reads on, but nothing can be written to it: not even
   * an empty text, of which a peer that lives notices nothing. The failed write ends the connection.
   */
  #lookOut(): void {
    const look = (): void => {
      if (!this.#closing) this.#socket.write("");
    };
    look();
    this.#lookout = setInterval(look, LOOK_EVERY_MS);
  }

  /** Whoever asks, shuts its side and reads on (as `nc` does) still gets its answers and events. */
  #finishWhenDone(): void {
    if (this.#lost && this.#inFlight === 0) this.#finish();
    // While it is not read, because it has too much under way, frames that it sent before may be left.
    if (!this.#halfClosed || this.#socket.isPaused()) return;
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
    if (this.#lookout !== null) clearInterval(this.#lookout);
    this.#closing = true;
    this.#clearOutbox();
    this.#isGone = true;
    this.#gone.abort(cancelled());
    this.#endSubscriptions();
    this.#tellDrained();
  }

  #endSubscriptions(): void {
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
