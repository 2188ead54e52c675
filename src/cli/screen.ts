// A terminal that is drawn on and given back as it was, however the program ends.
import type { Terminal } from "./output.js";
import { wrapToWidth } from "./render/width.js";

// Of xterm, and of what calls itself compatible: the other screen, no cursor, no wrapping at the edge.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
/** To be done before a line is written: behind one that reaches the edge it would take the last character. */
const CLEAR_LINE = "\x1b[2K";

/** How a shell reports a program that a signal ended. */
const ENDED_BY = { SIGTERM: 143, SIGHUP: 129 } as const;

/** See the first line of this file. */
export class Screen {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];
  #isOpen = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
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
    process.off("exit", this.#leave);
    process.off("SIGTERM", this.#end);
    process.off("SIGHUP", this.#end);
    process.off("SIGTSTP", this.#suspend);
    process.off("SIGCONT", this.#resume);
  }

  /** Shows these lines and nothing else; a long one takes several rows, and `more` says how many are out of sight. */
  draw(lines: readonly string[], { more }: { readonly more: (hidden: number) => string }): void {
    const { columns = 80, rows = 24 } = this.#terminal;
    const all = lines.flatMap((line) => wrapToWidth(line, columns));
    const last = all.length > rows ? wrapToWidth(more(all.length - rows + 1), columns).slice(0, 1) : [];
    const shown = [...all.slice(0, rows - last.length), ...last];
    this.#lines = Array.from({ length: rows }, (_, row) => shown[row] ?? "");
    if (this.#isOpen) this.#paint();
  }

  #paint(): void {
    this.#terminal.write(HOME + this.#lines.map((line) => CLEAR_LINE + line).join("\r\n"));
  }

  #enter(): void {
    this.#isOpen = true;
    this.#terminal.write(ENTER);
    this.#paint();
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#terminal.write(LEAVE);
  };

  readonly #end = (signal: keyof typeof ENDED_BY): void => {
    process.exit(ENDED_BY[signal]);
  };

  /** The shell gets its terminal back while this program is stopped. */
  readonly #suspend = (): void => {
    this.#leave();
    process.kill(process.pid, "SIGSTOP");
  };

  readonly #resume = (): void => {
    if (!this.#isOpen) this.#enter();
  };
}
