// The numbered lines that the soak's agents print, made so that one that is missing, doubled, torn or misplaced shows.

/** Makes lines differ in length, so that a line that is cut or run together with another shows. */
const padding = (number: number): string => ".".repeat((number * 7) % 90);

/** One line of an agent's output, newline included. */
export function numberedLine(agent: string, incarnation: number, number: number): string {
  return `${agent} ${incarnation} ${number} ${padding(number)}|\n`;
}

/** What an agent's whole output tells. */
export interface Reading {
  /** The number of the last line of each incarnation. */
  readonly lastLine: ReadonlyMap<number, number>;
  readonly faults: readonly string[];
}

export interface ReadingOptions {
  readonly agent: string;
  /** A terminal's output may end in the middle of a line when its program is killed in the middle of writing one. */
  readonly mayEndTorn: boolean;
}

/** Reads an agent's output, backups first. */
export function readLines(output: string, options: ReadingOptions): Reading {
  const reader = new LineReader(options);
  const lines = output.split("\n");
  for (const line of lines.slice(0, -1)) reader.take(line.endsWith("\r") ? line.slice(0, -1) : line);
  reader.takeRest(lines.at(-1) ?? "");
  return reader;
}

class LineReader implements Reading {
  readonly lastLine = new Map<number, number>();
  readonly faults: string[] = [];
  readonly #options: ReadingOptions;
  #incarnation = 0;
  #number = 0;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  take(line: string): void {
    const [incarnation = 0, number = 0] = line
      .slice(this.#options.agent.length + 1)
      .split(" ", 2)
      .map(Number);
    if (`${line}\n` === numberedLine(this.#options.agent, incarnation, number)) this.#takeNumber(incarnation, number);
    else if (!this.#takeTorn(line)) this.#fault(`this is no line of its: ${JSON.stringify(line)}`);
  }

  /** What comes after the last newline. */
  takeRest(rest: string): void {
    if (rest === "" || (this.#options.mayEndTorn && this.#isBeginningOfNext(rest))) return;
    this.#fault(`the last line is torn: ${JSON.stringify(rest)}`);
  }

  #takeNumber(incarnation: number, number: number): void {
    if (incarnation < this.#incarnation) this.#fault(`incarnation ${incarnation} printed ${number}`);
    else if (incarnation > this.#incarnation) this.#begin(incarnation, number);
    else if (number !== this.#number + 1) this.#fault(`${number} follows`);
    this.#incarnation = incarnation;
    this.#number = number;
    this.lastLine.set(incarnation, number);
  }

  #begin(incarnation: number, number: number): void {
    if (number !== 1) this.#fault(`incarnation ${incarnation} begins with ${number}`);
  }

  /** The half line of one that was killed, run together with the first of the next incarnation. */
  #takeTorn(line: string): boolean {
    const { agent, mayEndTorn } = this.#options;
    const next = line.lastIndexOf(`${agent} `);
    if (!mayEndTorn || next <= 0 || !this.#isBeginningOfNext(line.slice(0, next))) return false;
    this.take(line.slice(next));
    return true;
  }

  #isBeginningOfNext(text: string): boolean {
    return numberedLine(this.#options.agent, this.#incarnation, this.#number + 1).startsWith(text);
  }

  #fault(what: string): void {
    this.faults.push(`after line ${this.#number} of incarnation ${this.#incarnation}: ${what}`);
  }
}
