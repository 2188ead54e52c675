// The small program beside a pause that lets the stopped processes go when the daemon cannot, whenever that dies.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve as absolute } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { readIdentity } from "./identity.js";
import { HoldStillError, type ProcessIdentity } from "./session.js";

const CODE = { done: 0, notEmptied: 3, notMarked: 4 } as const;

/**
 * POSIX sh, nothing but builtins; must behave alike in dash and bash. Each line it reads is a letter with a text: a process
 * to let go, a line of the log's path, a line of the mark's path, or the order to cut, which is the last one. End-of-file
 * or half a line means that the daemon is dead, or has changed its mind. Children go on before their parents, so that a
 * shell with job control does not see them stopped. A mark that cannot be made lets nobody go: the log is empty by then.
 * It knows them by their numbers alone, which is enough for a second: parents that are stopped reap nobody.
 */
export const GUARD_SCRIPT = `trap '' HUP INT TERM
newline='
'
held= log= mark= code=${CODE.done}
while IFS= read -r line; do
  text=\${line#?}
  case $line in
    p*) held="$text $held" ;;
    l*) log=\${log:+$log$newline}$text ;;
    m*) mark=\${mark:+$mark$newline}$text ;;
    c)
      true >"$log" || { code=${CODE.notEmptied}; break; }
      true >"$mark" || exit ${CODE.notMarked}
      break ;;
  esac
done
[ -z "$held" ] || kill -CONT $held
exit $code`;

/** A guard that takes longer to do its part has been stopped by somebody; milliseconds. */
const ANSWERS_WITHIN_MS = 250;

/** How a guard ended: it did what it was told, could not empty the log and let everybody go, or broke down. */
export type GuardEnd = "done" | "not-emptied" | "broken";

/** Lives in a session of its own with an empty environment, so that neither Ctrl-C nor a stopped agent means it. */
export class StillGuard {
  readonly #child: ChildProcess;
  readonly #orders: Writable;
  readonly #answersWithinMs: number;
  /** Never rejects. */
  readonly ended: Promise<GuardEnd>;

  private constructor(
    child: ChildProcess & { readonly stdin: Writable },
    readonly identity: ProcessIdentity,
    answersWithinMs: number,
  ) {
    this.#child = child;
    this.#answersWithinMs = answersWithinMs;
    this.#orders = child.stdin;
    this.ended = endOf(child);
  }

  /** @throws the system's error when there is no room for another process */
  static async start(answersWithinMs = ANSWERS_WITHIN_MS): Promise<StillGuard> {
    const argv = ["-c", GUARD_SCRIPT, "hearth-still-guard"];
    const child = spawn("/bin/sh", argv, { cwd: "/", env: {}, detached: true, stdio: ["pipe", "ignore", "ignore"] });
    // A guard that has died cannot be written to; its end tells.
    child.stdin.on("error", () => {});
    if (child.pid === undefined) throw (await once(child, "error"))[0];
    try {
      const identity = await readIdentity(child.pid);
      if (identity === null) throw noGuard();
      return new StillGuard(child, identity, answersWithinMs);
    } catch (error) {
      child.stdin.destroy();
      throw error;
    }
  }

  /** Names those it is to let go. When this resolves they will be, whoever dies. */
  async watchOver(writers: readonly ProcessIdentity[]): Promise<void> {
    if (!(await this.#tell(writers.map(({ pid }) => `p${pid}`)))) throw noGuard();
  }

  /** Empties the log, makes the mark, then lets everybody go. Never rejects. */
  async cut({ file, mark }: { readonly file: string; readonly mark: string }): Promise<GuardEnd> {
    await this.#tell([...linesOf("l", absolute(file)), ...linesOf("m", absolute(mark)), "c"]);
    return this.#end();
  }

  /** Lets everybody go. Never rejects. */
  async dismiss(): Promise<GuardEnd> {
    this.#orders.end();
    return this.#end();
  }

  /** Resolves when the kernel has taken it; false when there is nobody to read it. */
  #tell(lines: readonly string[]): Promise<boolean> {
    const text = lines.map((line) => `${line}\n`).join("");
    return new Promise((resolve) => this.#orders.write(text, (error) => resolve(!error)));
  }

  async #end(): Promise<GuardEnd> {
    const timer = new AbortController();
    const late = sleep(this.#answersWithinMs, undefined, { signal: timer.signal }).then(
      () => this.#child.kill("SIGKILL"),
      () => {},
    );
    await Promise.race([this.ended, late]);
    timer.abort();
    return this.ended;
  }
}

function endOf(child: ChildProcess): Promise<GuardEnd> {
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      child.stdin?.destroy();
      if (code === CODE.done) resolve("done");
      else resolve(code === CODE.notEmptied ? "not-emptied" : "broken");
    });
  });
}

function linesOf(letter: string, path: string): string[] {
  return path.split("\n").map((line) => letter + line);
}

function noGuard(): HoldStillError {
  return new HoldStillError("no-guard", "the guard that lets the writers go has died");
}
