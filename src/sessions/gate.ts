// Starts a command behind a gate: a shell that waits for one line before it becomes the command.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { hasCode } from "../errno.js";
import { type ChildEnd, ChildExit } from "./child-exit.js";
import { GATE_NAME } from "./gate-decision.js";
import { type Launch, LaunchError } from "./session.js";

/**
 * POSIX sh; must behave alike in dash and bash. A daemon that dies before it wrote its line leaves end-of-file, and the
 * gate ends without having run anything. The line ends what the mark is to say. `exec` keeps the PID. $1: the mark to make,
 * $2: umask, $3: soft descriptor limit or nothing, $4: the pipe to read pokes from or nothing, $5: how the mark begins; the
 * command follows.
 */
export const GATE_SCRIPT = `umask "$2"
[ -z "$3" ] || ulimit -S -n "$3"
[ -z "$4" ] || exec 0<>"$4" || exit 125
IFS= read -r HEARTH_GATE <&3 || exit 125
printf '%s%s\\n' "$5" "$HEARTH_GATE" >"$1" || exit 125
exec 3<&-
unset HEARTH_GATE
shift 5
exec "$@"`;

/** What a command gets from the daemon's starter, and not from Node, which changes it in its own process. */
export interface InheritedLimits {
  /** File mode creation mask. */
  readonly umask: number;
  /** Soft limit of open descriptors; null leaves it as it is. */
  readonly softNofile: number | null;
}

/** What holds for one command: its own umask, if its definition names one. */
export function limitsOf(
  { umask }: Pick<Launch, "umask">,
  { umask: inherited, softNofile }: InheritedLimits,
): InheritedLimits {
  return { umask: umask ?? inherited, softNofile };
}

export interface GateLaunch {
  /** Absolute path of the program, then its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Opened for appending; stdout of the command, and stderr unless that has a file of its own. */
  readonly logFile: string;
  /** Opened for appending; null: stderr goes to the log. */
  readonly stderrFile: string | null;
  /** File the gate creates between being opened and becoming the command. */
  readonly markFile: string;
  /** What the mark begins with: all that is known before the gate is there. */
  readonly markBeginning: string;
  /** Pipe that becomes its standard input; null: nothing can be read. */
  readonly stdinFifo: string | null;
  readonly limits: InheritedLimits;
}

export interface Gate {
  readonly pid: number;
  /** Calls back as soon as the child, gate or command, has ended; at once when it has already. One listener at most. */
  onEnd(listener: (end: ChildEnd) => void): void;
  /**
   * Lets the command run, once the gate has ended its mark with `markEnd`, a line. Resolves when the gate has let go of
   * its end: it is about to exec, or dead.
   */
  open(markEnd: string): Promise<void>;
  /** Lets go of the child: a closed gate ends without running, a running command goes on alone. */
  abandon(): void;
}

/**
 * Starts a gate in a session and process group of its own.
 *
 * @throws LaunchError when the kernel finds command and environment too long
 * @throws the system's error when there is no room for another process or descriptor: it may pass
 */
export async function spawnGate(launch: GateLaunch): Promise<Gate> {
  const child = spawnChild(launch);
  if (child.pid === undefined) throw await spawnFailure(child);
  return new ChildGate(child, child.pid);
}

function spawnChild(launch: GateLaunch): ChildProcess {
  const { command, cwd, env, logFile, stderrFile, markFile, stdinFifo } = launch;
  const { umask, softNofile } = launch.limits;
  const positional = [
    markFile,
    umask.toString(8),
    softNofile === null ? "" : String(softNofile),
    stdinFifo ?? "",
    launch.markBeginning,
    ...command,
  ];
  const outputs: number[] = [];
  try {
    for (const file of stderrFile === null ? [logFile] : [logFile, stderrFile])
      outputs.push(openSync(file, "a", 0o600));
    const [log, stderr = log] = outputs;
    const stdio = ["ignore", log, stderr, "pipe"] as const;
    return spawn("/bin/sh", ["-c", GATE_SCRIPT, GATE_NAME, ...positional], {
      cwd,
      env,
      detached: true,
      stdio: [...stdio],
    });
  } catch (error) {
    throw hasCode(error, "E2BIG") ? tooLong() : error;
  } finally {
    for (const output of outputs) closeSync(output);
  }
}

async function spawnFailure(child: ChildProcess): Promise<unknown> {
  const [error]: unknown[] = await once(child, "error");
  return hasCode(error, "E2BIG") ? tooLong() : error;
}

function tooLong(): LaunchError {
  return new LaunchError("command line and environment are too long", "shorten `command`, `env` or the env_file");
}

class ChildGate implements Gate {
  readonly #child: ChildProcess;
  readonly #exit: ChildExit;
  #line: Socket | null;

  constructor(
    child: ChildProcess,
    readonly pid: number,
  ) {
    this.#child = child;
    this.#line = child.stdio[3] as Socket;
    // A gate that died cannot be written to; its end is told by `onEnd`.
    this.#line.on("error", () => {});
    this.#exit = new ChildExit(child);
  }

  onEnd(listener: (end: ChildEnd) => void): void {
    this.#exit.tell(listener);
  }

  async open(markEnd: string): Promise<void> {
    const line = this.#line;
    if (line === null) return;
    const closed = new Promise((resolve) => line.once("close", resolve));
    line.resume().end(`${markEnd}\n`);
    await closed;
    this.#line = null;
    // The child would keep it, with all of its state, as long as the command runs.
    this.#child.stdio[3] = null;
  }

  abandon(): void {
    this.#line?.destroy();
    this.#line = null;
    this.#child.unref();
  }
}
