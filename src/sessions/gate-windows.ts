// Starts a command on Windows behind a gate: a cmd.exe that waits for one line, then runs the command and ends as it does.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLineOf } from "../command-line-windows.js";
import { type ChildEnd, ChildExit } from "./child-exit.js";
import type { Gate, GateLaunch } from "./gate.js";
import { isMarkMade } from "./marks.js";
import { LaunchError } from "./session.js";
import { spawnShell } from "./shell-windows.js";

/**
 * There is no exec on Windows, so the gate stays, with about 4 MB, and its number is the session's. A daemon that dies
 * before it wrote its line leaves end-of-file, and nothing is run.
 */
const GATE_SCRIPT = [
  "set HEARTH_GATE=",
  "set /p HEARTH_GATE=",
  "(if not defined HEARTH_GATE exit 125)",
  'echo !HEARTH_GATE!>"!HEARTH_MARK!"',
  '(if not exist "!HEARTH_MARK!" exit 125)',
  "set HEARTH_GATE=",
  "set HEARTH_MARK=",
  "!HEARTH_COMMAND! <nul",
].join("& ");

/** What cmd.exe takes as one line is 8191 characters; the gate's own words are in it. */
const LONGEST_COMMAND = 8_000;

const LOOK_EVERY_MS = 5;

/**
 * Starts a gate that this process's end doesn't end.
 *
 * @throws LaunchError when the command is too long
 * @throws the system's error when there is no room for another process or descriptor: it may pass
 */
export async function spawnGate(launch: GateLaunch): Promise<Gate> {
  const child = spawnChild(launch);
  if (child.pid === undefined || child.stdin === null) throw (await once(child, "error"))[0];
  const { markFile, markBeginning } = launch;
  return new WindowsGate({ child, pid: child.pid, line: child.stdin, markFile, markBeginning });
}

function spawnChild({ command, cwd, env, logFile, stderrFile, markFile }: GateLaunch): ChildProcess {
  const line = commandLineOf(command);
  if (line.length > LONGEST_COMMAND) {
    throw new LaunchError(`command line is longer than ${LONGEST_COMMAND} characters`, "shorten `command`");
  }
  const outputs: number[] = [];
  try {
    for (const file of [logFile, stderrFile ?? logFile]) outputs.push(openSync(file, "a", 0o600));
    const told = { ...env, HEARTH_MARK: markFile, HEARTH_COMMAND: line };
    return spawnShell(GATE_SCRIPT, { cwd, env: told, stdio: ["pipe", ...outputs] });
  } finally {
    for (const output of outputs) closeSync(output);
  }
}

class WindowsGate implements Gate {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #line: Writable;
  readonly #markFile: string;
  readonly #markBeginning: string;
  readonly #exit: ChildExit;

  constructor(gate: {
    readonly child: ChildProcess;
    readonly pid: number;
    readonly line: Writable;
    readonly markFile: string;
    readonly markBeginning: string;
  }) {
    this.pid = gate.pid;
    this.#child = gate.child;
    this.#line = gate.line;
    this.#markFile = gate.markFile;
    this.#markBeginning = gate.markBeginning;
    // A gate that died cannot be written to; its end is told by `onEnd`.
    this.#line.on("error", () => {});
    this.#exit = new ChildExit(gate.child);
  }

  onEnd(listener: (end: ChildEnd) => void): void {
    this.#exit.tell(listener);
  }

  /** The gate keeps its end of the line for as long as it lives, so it is the mark that tells. */
  async open(markEnd: string): Promise<void> {
    this.#line.end(`${this.#markBeginning}${markEnd}\r\n`);
    while (!this.#exit.hasCome && !isMarkMade(this.#markFile)) await sleep(LOOK_EVERY_MS);
  }

  abandon(): void {
    this.#line.destroy();
    this.#child.unref();
  }
}
