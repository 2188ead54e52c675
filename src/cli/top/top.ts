// Runs `hearth top`: carries out what the model asks for, and draws it when something has changed.
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo } from "../../client/client.js";
import { resolveEndpoint } from "../../client/discover.js";
import { connectionLost } from "../../client/errors.js";
import { RECONNECT } from "../../client/reconnect.js";
import { type Context, locate, timeoutOf } from "../context.js";
import { carryOut, troubleOf } from "./actions.js";
import { advance, followed } from "./advance.js";
import { LogFeed } from "./log-feed.js";
import { begin, type Model } from "./model.js";
import { listen, type Opened, open, Refresher } from "./session.js";
import type { Effect, Input } from "./step.js";
import { Terminal, type TerminalStreams } from "./terminal.js";
import { isAgeing, view } from "./view.js";

/** Least time between two drawings: what changes faster is seen as it is by then; milliseconds. */
const FRAME_MS = 33;
/** Ages are shown in seconds. */
const AGE_MS = 1_000;
/** How long a daemon may take to tell how everything is, in milliseconds. */
const OPEN_TIMEOUT_MS = 10_000;

/** As a shell reports a program that a signal ended. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Shows the screen until somebody leaves it; returns the exit code.
 * @throws {ClientError} {HearthError} when there is no daemon to begin with; one that goes away later is waited for.
 */
export async function runTop(context: Context, streams: TerminalStreams): Promise<number> {
  const opened = await openOnce(context, new AbortController().signal);
  return new Top(context, streams, opened).run();
}

/** Looks for the daemon anew each time; who tries again, and until when, is decided here and not by the client. */
function openOnce(context: Context, signal: AbortSignal): Promise<Opened> {
  const options = { timeoutMs: context.timeoutMs ?? OPEN_TIMEOUT_MS, signal };
  const connect = () => connectTo(() => resolveEndpoint(locate(context)), { ...options, reconnect: NEVER });
  return open(connect, options);
}

const NEVER = { ...RECONNECT, tries: 0 };

class Top {
  readonly #context: Context;
  readonly #terminal: Terminal;
  readonly #feed = new LogFeed((input) => this.#take(input));
  readonly #ending = new AbortController();
  readonly #ended: Promise<number>;
  #end: (code: number) => void = () => {};
  #model: Model;
  /** Null while the daemon is away. */
  #opened: Opened | null;
  #refresher: Refresher;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(context: Context, streams: TerminalStreams, opened: Opened) {
    this.#context = context;
    this.#opened = opened;
    this.#refresher = this.#refresherOf(opened);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#terminal = new Terminal(streams, {
      key: (key) => this.#take({ kind: "key", key }),
      pasted: (text) => this.#take({ kind: "pasted", text }),
      resized: () => this.#resized(),
      ended: (signal) => this.#end(CODES[signal]),
    });
    this.#model = begin({ ...opened, size: this.#terminal.size });
    this.#take({ kind: "resized", size: this.#terminal.size });
  }

  async run(): Promise<number> {
    const stayingConnected = this.#stayConnected();
    try {
      return await Promise.race([this.#ended, stayingConnected]);
    } finally {
      this.#ending.abort();
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#feed.follow(null, null);
      this.#terminal.close();
      await this.#opened?.client.close();
    }
  }

  /** Never resolves, and rejects only for a defect: a daemon that is away is looked for as long as somebody watches. */
  async #stayConnected(): Promise<never> {
    for (;;) {
      if (this.#opened !== null) await this.#listen(this.#opened);
      this.#opened = await this.#reopen();
      const { daemon, agents } = this.#opened;
      this.#refresher = this.#refresherOf(this.#opened);
      this.#take({ kind: "connected", daemon, agents });
    }
  }

  async #listen(opened: Opened): Promise<void> {
    // However it ends, the next try to connect tells more about why.
    await listen(opened, (input) => this.#take(input), this.#refresher).catch(() => {});
    this.#opened = null;
    this.#take({ kind: "lost", trouble: troubleOf(connectionLost("it went away")) });
  }

  async #reopen(): Promise<Opened> {
    const { signal } = this.#ending;
    for (let delayMs = 0; ; delayMs = nextDelayMs(delayMs)) {
      await sleep(delayMs, undefined, { signal });
      try {
        return await openOnce(this.#context, signal);
      } catch (error) {
        this.#take({ kind: "lost", trouble: troubleOf(error) });
      }
    }
  }

  #refresherOf({ client }: Opened): Refresher {
    return new Refresher(client, (input) => this.#take(input), { timeoutMs: OPEN_TIMEOUT_MS });
  }

  #resized(): void {
    this.#terminal.forget();
    this.#take({ kind: "resized", size: this.#terminal.size });
  }

  #take(input: Input): void {
    if (this.#ending.signal.aborted) return;
    const { model, effects } = advance(this.#model, input);
    this.#model = model;
    for (const effect of effects) this.#carryOut(effect);
    this.#feed.follow(followed(model), this.#opened?.client ?? null);
    this.#drawSoon();
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "call":
        void carryOut(this.#opened?.client ?? null, effect, { timeoutMs: timeoutOf(this.#context) }).then((answer) =>
          this.#take(answer),
        );
        return;
      case "refresh":
        this.#refresher.want(effect.agents);
        return;
      case "quit":
        this.#end(effect.code);
        return;
      case "suspend":
        this.#terminal.suspend();
        return;
      case "repaint":
        this.#terminal.forget();
    }
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  /** Whatever happens until then is drawn together. */
  #drawSoon(): void {
    this.#drawIn(Math.max(0, this.#drawnAt + FRAME_MS - performance.now()));
  }

  #drawIn(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), delayMs);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    if (this.#terminal.isReady) {
      this.#terminal.draw(view(this.#model, { now: Date.now(), style: this.#context.output.style }));
      if (isAgeing(this.#model)) this.#drawIn(AGE_MS);
    } else if (this.#terminal.isTaken) {
      this.#drawIn(FRAME_MS);
    }
  }
}

function nextDelayMs(delayMs: number): number {
  return Math.min(RECONNECT.maxDelayMs, Math.max(RECONNECT.firstDelayMs, delayMs * 2));
}
