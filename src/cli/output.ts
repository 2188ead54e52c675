// Where a command prints: results to stdout, as text or as one JSON value; notes and errors to stderr.
import { plainJson, type Style } from "./render/text.js";

/** The part of a stream that printing needs. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Where it is this process's own. */
  readonly fd?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly isColourful: boolean;
  readonly isAscii: boolean;
}

/** No line that is laid out for reading is longer, however wide the terminal is. */
const MAX_COLUMNS = 80;

/** See the first line of this file. */
export class Output {
  readonly json: boolean;
  /** How text for stdout is laid out. */
  readonly style: Style;
  readonly #stdout: Terminal;
  readonly #stderr: Terminal;

  constructor(streams: { readonly stdout: Terminal; readonly stderr: Terminal }, options: OutputOptions) {
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.json = options.json;
    const columns = Math.min(streams.stdout.columns || MAX_COLUMNS, MAX_COLUMNS);
    this.style = { columns, isColourful: options.isColourful, isAscii: options.isAscii };
  }

  /** How tables are laid out that have more to show where there is more room: as wide as stdout is now, a pipe without end. */
  get wideStyle(): Style {
    return { ...this.style, columns: this.#stdout.columns || Number.POSITIVE_INFINITY };
  }

  /** Prints a command's one result: `value` with --json, otherwise the lines that `render` makes of it. */
  result<T>(value: T, render: (value: T, style: Style) => readonly string[]): void {
    if (this.json) this.#stdout.write(`${jsonFor(this.#stdout, value)}\n`);
    else this.lines(render(value, this.style));
  }

  /** Prints lines as they are. */
  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.#stdout.write(`${lines.join("\n")}\n`);
  }

  /** Says something beside the result. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}

/** One line of JSON; a terminal gets nothing that it would act on. */
export function jsonFor({ isTTY }: Pick<Terminal, "isTTY">, value: unknown): string {
  const json = JSON.stringify(value);
  return isTTY === true ? plainJson(json) : json;
}
