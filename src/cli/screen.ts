// A terminal that is drawn on and given back as it was, however the program ends.
import type { Terminal } from "./output.js";
import { END_UPDATE, frame } from "./render/frame.js";
import { wrapToWidth } from "./render/width.js";
import { Guard } from "./terminal-guard.js";

// Of xterm, and of what calls itself compatible: the other screen, no cursor, no wrapping at the edge.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = `${END_UPDATE}\x1b[?7h\x1b[?25h\x1b[?1049l`;

/** How a shell reports a program that a signal ended. */
const ENDED_BY = { SIGTERM: 143, SIGHUP: 129 } as const;

/** See the first line of this file. */
export class Screen {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];
  #columns = 80;
  /** What the screen shows; null: unknown. */
  #shown: readonly string[] | null = null;
  #isOpen = false;
  readonly #guard: Guard | null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    const { fd } = terminal;
    this.#guard = fd === undefined ? null : new Guard({ stdin: { fd }, stdout: { fd } }, LEAVE);
  }

  /** Takes the terminal over, until `close` or the end of the process. */
  open(): void {
    process.on("exit", this.#leave);
    process.on("SIGTERM", this.#end);
    process.on("SIGHUP", this.#end);
    process.on("SIGTSTP", this.#suspend);
    process.on("SIGCONT", this.#resume);
    this.#enter();
  }

  /** Gives it back. */
  close(): void {
    this.#leave();
    this.#guard?.dismiss();
    process.off("exit", this.#leave);
    process.off("SIGTERM", this.#end);
    process.off("SIGHUP", this.#end);
    process.off("SIGTSTP", this.#suspend);
    process.off("SIGCONT", this.#resume);
  }

  /** Shows these lines and nothing else; a long one takes several rows, and `more` says how many are out of sight. */
  draw(lines: readonly string[], { more }: { readonly more: (hidden: number) => string }): void {
    const { columns = 80, rows = 24 } = this.#terminal;
    // A terminal that was resized shows something that nobody knows.
    if (columns !== this.#columns || rows !== this.#lines.length) this.#shown = null;
    this.#columns = columns;
    const all = lines.flatMap((line) => wrapToWidth(line, columns));
    const last = all.length > rows ? wrapToWidth(more(all.length - rows + 1), columns).slice(0, 1) : [];
    const shown = [...all.slice(0, rows - last.length), ...last];
    this.#lines = Array.from({ length: rows }, (_, row) => shown[row] ?? "");
    if (this.#isOpen) this.#paint();
  }

  #paint(): void {
    const bytes = frame(this.#shown, this.#lines, { columns: this.#columns });
    this.#shown = this.#lines;
    if (bytes !== "") this.#terminal.write(bytes);
  }

  #enter(): void {
    this.#isOpen = true;
    this.#shown = null;
    this.#guard?.entering(null);
    this.#terminal.write(ENTER);
    this.#paint();
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.write(LEAVE);
    this.#guard?.left();
  };

  readonly #end = (signal: keyof typeof ENDED_BY): void => {
    process.exit(ENDED_BY[signal]);
  };

  /** The shell gets its terminal back until somebody lets this go on. Where nobody could, it goes on at once. */
  readonly #suspend = (): void => {
    this.#leave();
    process.off("SIGTSTP", this.#suspend);
    // To all of the job, as the terminal does with Ctrl-Z, so that a shell that waits for a script or npm sees it.
    process.kill(0, "SIGTSTP");
    process.on("SIGTSTP", this.#suspend);
    this.#resume();
  };

  readonly #resume = (): void => {
    if (!this.#isOpen) this.#enter();
  };
}
