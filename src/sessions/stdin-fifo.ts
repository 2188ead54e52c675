// The pipe through which a process is poked: one for each incarnation, so that what one left unread never reaches the next.
import { closeSync, constants, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../errno.js";
import { incarnationFile, removeIfThere, sweepIncarnationFiles } from "./incarnation-file.js";
import type { IsKnown, PokeOutcome } from "./session.js";
import { makeFifo } from "./ways.js";

/**
 * The agent itself holds both ends open (its gate opens the pipe for reading and writing), so it never sees end-of-file
 * when a daemon dies; the daemon opens the pipe for each poke and closes it again.
 */
export class StdinFifos {
  readonly #directory: string;
  /** Pipes whose last line was taken in part. */
  readonly #torn = new Set<string>();

  /** Creates the directory when it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  file(agent: string, incarnation: number): string {
    return join(this.#directory, incarnationFile({ agent, incarnation }));
  }

  /** Makes the pipe, in place of one that an earlier life of this home may have left. Rejects with what mkfifo(1) says. */
  async make(agent: string, incarnation: number): Promise<string> {
    const file = this.file(agent, incarnation);
    removeIfThere(file);
    await makeFifo(file);
    return file;
  }

  remove(agent: string, incarnation: number): void {
    const file = this.file(agent, incarnation);
    this.#torn.delete(file);
    removeIfThere(file);
  }

  /** Removes the pipes of all other incarnations. */
  sweep(isKept: IsKnown): void {
    sweepIncarnationFiles(this.#directory, { prefix: "", isKept });
  }

  /** Writes one line without ever waiting: a pipe that is full, or that nobody reads any more, is "not delivered". */
  write(agent: string, incarnation: number, message: string): PokeOutcome {
    const file = this.file(agent, incarnation);
    // The kernel takes a line of more than PIPE_BUF bytes in part; what it took must not become the head of the next one.
    const line = Buffer.from(`${this.#torn.has(file) ? "\n" : ""}${message}\n`);
    let pipe: number | null = null;
    try {
      pipe = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
      const written = writeSync(pipe, line);
      if (written === line.length) this.#torn.delete(file);
      else this.#torn.add(file);
      return written === line.length ? { delivered: true } : { delivered: false, detail: "only a part of it fitted" };
    } catch (error) {
      return { delivered: false, detail: whyNot(codeOf(error)) };
    } finally {
      if (pipe !== null) closeSync(pipe);
    }
  }
}

function whyNot(code: string): string {
  switch (code) {
    case "EAGAIN":
      return "the agent has not read earlier messages";
    case "ENXIO":
      return "the agent has closed its standard input";
    case "ENOENT":
      return "this session was started without a standard input for pokes; restart the agent";
    default:
      return `writing to its standard input failed: ${code}`;
  }
}
