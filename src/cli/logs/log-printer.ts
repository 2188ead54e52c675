// Prints lines of agents' logs as they were asked for: with names, with times, with what was looked for.
import type { Context } from "../context.js";
import { colourOfName, type LogLook, nameColumns, renderLogLines } from "../render/logs.js";
import { padToWidth } from "../render/width.js";

export interface PrinterOptions {
  /** Whose line it is need not be said. */
  readonly isOne: boolean;
  readonly hasTimes: boolean;
  readonly pattern: RegExp | null;
}

/** What is printed of a line. */
export interface Printable {
  readonly agent: string;
  readonly text: string;
  /** When it was written, in unix milliseconds; null: nobody knows. */
  readonly at: number | null;
}

export class LogPrinter {
  readonly #context: Context;
  readonly #options: PrinterOptions;
  /** Of the column of the names; 0 where there is no terminal, on which alone columns are. */
  #columns = 0;

  constructor(context: Context, options: PrinterOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Makes room for these names. */
  expect(names: readonly string[]): void {
    const { output, stdout } = this.#context;
    if (stdout.isTTY === true) this.#columns = Math.max(this.#columns, nameColumns(names, output.style));
  }

  print(lines: readonly Printable[]): void {
    const { output } = this.#context;
    output.lines(lines.flatMap((line) => renderLogLines([line.text], output.style, this.#lookOf(line))));
  }

  #lookOf({ agent, at }: Printable): LogLook {
    const { isOne, hasTimes, pattern } = this.#options;
    const time = at === null ? "" : new Date(at).toISOString();
    const name = this.#columns === 0 ? agent : padToWidth(agent, this.#columns);
    return {
      pattern,
      ...(isOne ? {} : { prefix: name, colour: colourOfName(agent) }),
      ...(hasTimes ? { time } : {}),
    };
  }
}
