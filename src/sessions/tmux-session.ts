// One tmux session: an agent's processes, and the terminal they run in.
import type { Pause } from "../logs/stillness.js";
import { isAlive } from "./identity.js";
import type { ProcessSession } from "./process-session.js";
import { withinReleaseTime } from "./release-time.js";
import type { ProcessIdentity, Session } from "./session.js";
import { TmuxError } from "./tmux-command.js";
import { paneOf } from "./tmux-deaths.js";
import type { GateOrders, TmuxGate } from "./tmux-gate.js";
import { TmuxPane } from "./tmux-pane.js";
import { type PokeOptions, type PokeOutcome, pokePane } from "./tmux-poke.js";
import type { TmuxServer } from "./tmux-server.js";

/** What the journal keeps of a tmux session; its name is its agent's. */
export interface TmuxSessionRef {
  readonly kind: "tmux";
  /** Of the pane's process. */
  readonly identity: ProcessIdentity;
  /** When it was started, unix milliseconds. */
  readonly startedAt: number;
  /** SHA-256 (hex) of the token in its environment. */
  readonly tokenHash: string;
}

export interface TmuxSessionParts {
  readonly ref: TmuxSessionRef;
  readonly agent: string;
  readonly incarnation: number;
  readonly server: TmuxServer;
  /** Everything that runs in the session; it is signalled and swept like any other. */
  readonly processes: ProcessSession;
  /** Null when the command runs already. */
  readonly gate: { readonly gate: TmuxGate; readonly orders: GateOrders } | null;
}

export class TmuxSession implements Omit<Session, "ref"> {
  readonly ref: TmuxSessionRef;
  readonly #parts: TmuxSessionParts;
  #pane: TmuxPane | null = null;
  /** One poke after the other: two pastes at a time would end up as one message. */
  #poking: Promise<unknown> = Promise.resolve();

  constructor(parts: TmuxSessionParts) {
    this.ref = parts.ref;
    this.#parts = parts;
  }

  async release(): Promise<void> {
    const { gate: waiting } = this.#parts;
    if (waiting === null) throw new Error("only a session that was just started can be released");
    await withinReleaseTime(waiting.gate.open(waiting.orders, async () => isAlive(this.ref.identity)));
    this.#parts.processes.noteRun();
  }

  signal(signal: NodeJS.Signals): void {
    this.#parts.processes.signal(signal);
  }

  notify(signal: NodeJS.Signals): boolean {
    return this.#parts.processes.notify(signal);
  }

  kill(): void {
    this.#parts.processes.kill();
  }

  /** The program itself goes on: tmux keeps for the log what it prints meanwhile. */
  holdStill(pause: Pause): Promise<void> {
    return this.#parts.processes.holdStill(pause);
  }

  forget(): void {
    this.#parts.processes.forget();
    this.#parts.gate?.gate.abandon();
  }

  /**
   * Pastes a message into the terminal and presses Enter; see `pokePane`.
   *
   * @throws the signal's reason when called off
   */
  async poke(message: string, { signal }: PokeOptions): Promise<PokeOutcome> {
    signal.throwIfAborted();
    const poked = this.#poking.then(() => this.#pokeNow(message, { signal }));
    this.#poking = poked.catch(() => {});
    // tmux may be stuck; whoever has called the poke off doesn't wait for it.
    return Promise.race([poked, aborted(signal)]);
  }

  /**
   * The last lines the terminal shows or has scrolled away.
   *
   * @throws TmuxError when tmux refuses
   * @throws Error when the session has ended
   */
  async capture({ lines }: { readonly lines: number }): Promise<string[]> {
    const pane = await this.#findPane();
    if (pane === null) throw new Error("the session has ended");
    return pane.capture({ lines });
  }

  async #pokeNow(message: string, options: PokeOptions): Promise<PokeOutcome> {
    try {
      const pane = await this.#findPane();
      return pane === null ? ENDED : await pokePane(pane, message, options);
    } catch (error) {
      if (error instanceof TmuxError) return { delivered: false, detail: error.message };
      throw error;
    }
  }

  async #findPane(): Promise<TmuxPane | null> {
    if (this.#pane !== null) return this.#pane;
    const { server, agent, incarnation } = this.#parts;
    const leader = { session: agent, incarnation, identity: this.ref.identity };
    const pane = paneOf(await server.panes(), leader);
    this.#pane = pane === undefined ? null : new TmuxPane(server.client, pane);
    return this.#pane;
  }
}

const ENDED: PokeOutcome = { delivered: false, detail: "the session has ended" };

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
