// The terminal as a screen of its own: taken, drawn on, lent to the shell by Ctrl-Z, and given back however top ends.
import type { Key } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import { END_UPDATE, frame } from "../render/frame.js";
import { Guard, terminalSettings } from "../terminal-guard.js";
import { emitKeys, keysOf } from "./key-names.js";
import type { Size } from "./model.js";

/** The alternate screen, without a cursor; a row that is wider than was thought ends at the edge; pastes are marked. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h";
const LEAVE = `${END_UPDATE}\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l`;

/** Where a terminal tells no size. */
const USUAL: Size = { columns: 80, rows: 24 };

/** A terminal that is read and written. */
export interface TerminalStreams {
  readonly stdin: ReadStream & { readonly fd: number };
  readonly stdout: WriteStream & { readonly fd: number };
}

/** What comes from the person at the terminal, or from whoever ends top. */
export interface TerminalEvents {
  key(key: string): void;
  pasted(text: string): void;
  /** Also after everything has to be drawn again. */
  resized(): void;
  ended(by: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
}

const ENDINGS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** See the first line of this file. */
export class Terminal {
  readonly #stdin: ReadStream;
  readonly #stdout: WriteStream;
  readonly #events: TerminalEvents;
  readonly #guard: Guard;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  #isTaken = false;
  /** What the screen shows; null: unknown. */
  #shown: readonly string[] | null = null;
  #paste: string | null = null;

  /** Takes the terminal. */
  constructor(streams: TerminalStreams, events: TerminalEvents) {
    this.#stdin = streams.stdin;
    this.#stdout = streams.stdout;
    this.#events = events;
    this.#guard = new Guard(streams, LEAVE);
    this.#listeners = [
      ...ENDINGS.map((signal) => [signal, () => events.ended(signal)] as const),
      ["SIGTSTP", this.suspend],
      ["SIGCONT", this.#resume],
      ["SIGWINCH", () => events.resized()],
    ];
    this.#listen();
    this.#take();
  }

  get size(): Size {
    // Asked each time: nobody tells a program that was stopped.
    const [columns, rows] = this.#stdout.getWindowSize();
    return { columns: columns || USUAL.columns, rows: rows || USUAL.rows };
  }

  /** False while the shell has it. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** False while what was drawn before has not been taken by the terminal: what is drawn then would be late. */
  get isReady(): boolean {
    return this.#isTaken && this.#stdout.writableLength === 0;
  }

  /** Shows these rows, writing only what differs from what is shown. */
  draw(rows: readonly string[]): void {
    if (!this.#isTaken) return;
    const bytes = frame(this.#shown, rows, this.size);
    this.#shown = rows;
    if (bytes !== "") this.#stdout.write(bytes);
  }

  /** What is shown is unknown from here on, and all of it is drawn the next time. */
  forget(): void {
    this.#shown = null;
  }

  /** Gives the terminal to the shell until somebody lets top go on. Where nobody could, it goes on at once. */
  readonly suspend = (): void => {
    this.#giveBack();
    process.off("SIGTSTP", this.suspend);
    // To all of the job, as the terminal does with Ctrl-Z, so that a shell that waits for a script or npm sees it.
    process.kill(0, "SIGTSTP");
    process.on("SIGTSTP", this.suspend);
    this.#resume();
  };

  /** Gives the terminal back for good. */
  close(): void {
    this.#giveBack();
    this.#guard.dismiss();
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
    process.off("exit", this.#lastWords);
    process.off("uncaughtExceptionMonitor", this.#lastWords);
    this.#stdin.off("keypress", this.#pressed);
    this.#stdin.off("error", this.#hungUp);
    this.#stdin.off("end", this.#hungUp);
    this.#stdin.pause();
  }

  #listen(): void {
    for (const [signal, listener] of this.#listeners) process.on(signal, listener);
    process.on("exit", this.#lastWords);
    // Before the error is printed, which would be on a screen that is gone in a moment.
    process.on("uncaughtExceptionMonitor", this.#lastWords);
    emitKeys(this.#stdin);
    this.#stdin.on("keypress", this.#pressed);
    this.#stdin.on("error", this.#hungUp);
    this.#stdin.on("end", this.#hungUp);
  }

  #take(): void {
    if (this.#isTaken) return;
    this.#guard.entering(terminalSettings());
    this.#isTaken = true;
    this.#stdin.setRawMode(true);
    this.#stdout.write(ENTER);
    this.#guard.entered(terminalSettings());
    this.#stdin.resume();
    this.#shown = null;
  }

  readonly #giveBack = (): void => {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#stdout.write(LEAVE);
    this.#stdin.setRawMode(false);
    this.#guard.left();
  };

  readonly #lastWords = (): void => this.#giveBack();

  /** After a stop that top did not see coming, the shell has had the terminal and changed it. */
  readonly #resume = (): void => {
    if (this.#isTaken) this.#stdin.setRawMode(false);
    this.#isTaken = false;
    this.#take();
    this.#events.resized();
  };

  readonly #hungUp = (): void => this.#events.ended("SIGHUP");

  readonly #pressed = (text: string | undefined, key: Key): void => {
    if (key.name === "paste-start") this.#paste = "";
    else if (key.name === "paste-end") {
      this.#events.pasted(this.#paste ?? "");
      this.#paste = null;
    } else if (this.#paste !== null) this.#paste = (this.#paste + (text ?? "")).slice(0, MAX_PASTE);
    else for (const name of keysOf(text, key)) this.#events.key(name);
  };
}

/** Characters of a paste that are kept. */
const MAX_PASTE = 65_536;
