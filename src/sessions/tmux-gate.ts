// Starts a command in a tmux pane behind a gate: a shell that waits to be told, through a FIFO, what to become.
import { execFile } from "node:child_process";
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { hasCode } from "../errno.js";
import type { InheritedLimits } from "./gate.js";
import { GATE_NAME } from "./gate-decision.js";
import { isMarkMade } from "./marks.js";
import { shellWord } from "./tmux-shell-word.js";

/**
 * POSIX sh; must behave alike in dash and bash. The daemon holds the FIFO `$1` open from before the gate is started, so
 * a daemon that dies leaves end-of-file: to a gate that reads, and to one that has not opened it yet, since that opens it
 * for writing first and so never waits for a writer. What it reads are the statements of the orders, of which the last one
 * sets HEARTH_GATE, the mark to make: half of them are as good as none. HEARTH_MARK is what the mark is to say.
 */
const GATE_SCRIPT = `exec 4<>"$1" 3<"$1" 4>&-
rm -f "$1"
eval "$(cat <&3)"
exec 3<&-
[ -n "$HEARTH_GATE" ] || exit 125
printf '%s\\n' "$HEARTH_MARK" >"$HEARTH_GATE" || exit 125
unset HEARTH_GATE HEARTH_MARK
exec "$@"`;

/** Time between two looks at a gate that is about to do its part; it takes a few milliseconds in all. */
const LOOK_EVERY_MS = 2;

/** The terminal's own variables are right in the pane; those of the daemon's terminal are not. A shell won't set the rest. */
const KEPT_BY_SHELL =
  /^(TERM|TERM_PROGRAM|TERM_PROGRAM_VERSION|TMUX|TMUX_PANE|COLUMNS|LINES|PWD|OLDPWD|PPID|UID|EUID|BASHOPTS|SHELLOPTS)$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What a gate is to become. */
export interface GateOrders {
  /** Absolute path of the program, then its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment, but for what describes the terminal. */
  readonly env: Readonly<Record<string, string>>;
  /** File the gate creates right before it becomes the command. */
  readonly markFile: string;
  /** What it writes into that file: one line. */
  readonly mark: string;
  readonly limits: InheritedLimits;
}

/** The daemon's end of a gate. Nothing of the orders is ever on a command line, in a file or in tmux's environment. */
export class TmuxGate {
  readonly #fifo: string;
  #end: number | null;

  private constructor(fifo: string, end: number) {
    this.#fifo = fifo;
    this.#end = end;
  }

  /** Makes the FIFO, anew if there is one. Needs mkfifo(1). */
  static async make(fifo: string): Promise<TmuxGate> {
    rmSync(fifo, { force: true });
    await promisify(execFile)("mkfifo", ["-m", "600", fifo]);
    return new TmuxGate(fifo, openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK));
  }

  /** What the pane has to run. */
  get command(): readonly string[] {
    return ["/bin/sh", "-c", GATE_SCRIPT, GATE_NAME, this.#fifo];
  }

  /** Gives the orders; resolves when the mark is made. Rejects when `isWaiting` says that there is no gate any more. */
  async open(orders: GateOrders, isWaiting: () => Promise<boolean>): Promise<void> {
    // A gate that has removed the FIFO has opened it: from then on nothing written is lost when this end is closed.
    await until(() => !existsSync(this.#fifo), isWaiting);
    await this.#write(statementsOf(orders), isWaiting);
    this.#close();
    await until(() => isMarkMade(orders.markFile), isWaiting);
  }

  /** Lets go of the gate: one that still waits ends without running anything. */
  abandon(): void {
    this.#close();
    rmSync(this.#fifo, { force: true });
  }

  async #write(text: string, isWaiting: () => Promise<boolean>): Promise<void> {
    let rest = Buffer.from(text);
    while (rest.length > 0) {
      if (this.#end === null || !(await isWaiting())) throw gateEnded();
      const bytesWritten = writeIfRoom(this.#end, rest);
      rest = rest.subarray(bytesWritten);
      if (bytesWritten === 0) await sleep(LOOK_EVERY_MS);
    }
  }

  #close(): void {
    if (this.#end !== null) closeSync(this.#end);
    this.#end = null;
  }
}

async function until(isMet: () => boolean, isWaiting: () => Promise<boolean>): Promise<void> {
  while (!isMet()) {
    // Asked before the last look: a command that ends at once is not to be taken for a gate that did nothing.
    const waits = await isWaiting();
    if (isMet()) return;
    if (!waits) throw gateEnded();
    await sleep(LOOK_EVERY_MS);
  }
}

function gateEnded(): Error {
  return new Error("the gate ended before the command could run");
}

/** How many bytes the FIFO took; it never blocks. */
function writeIfRoom(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (hasCode(error, "EAGAIN")) return 0;
    throw error;
  }
}

function statementsOf({ command, cwd, env, markFile, mark, limits }: GateOrders): string {
  const { umask, softNofile } = limits;
  const variables = Object.entries(env).filter(([name]) => IDENTIFIER.test(name) && !KEPT_BY_SHELL.test(name));
  return [
    // What the tmux server brought along.
    "unset PATH SHELL",
    ...variables.map(([name, value]) => `export ${name}=${shellWord(value)}`),
    `umask ${umask.toString(8)}`,
    ...(softNofile === null ? [] : [`ulimit -S -n ${softNofile}`]),
    `cd ${shellWord(cwd)} || exit 125`,
    "unset OLDPWD",
    `set -- ${command.map(shellWord).join(" ")}`,
    `HEARTH_MARK=${shellWord(mark)}`,
    `HEARTH_GATE=${shellWord(markFile)}`,
    "",
  ].join("\n");
}
