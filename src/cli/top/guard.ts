// The small program beside `hearth top` that restores the terminal when top is killed with SIGKILL and cannot.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import type { Socket } from "node:net";
import type { ReadStream, WriteStream } from "node:tty";

/**
 * POSIX sh. It reads what top does to the terminal: "b" with the settings before, "r" with those while top has the
 * screen, "l" when top has left it. End-of-file while top has the screen means that top is dead: $1 is written, which
 * shows the screen as it was. A shell that started top puts its own settings back, or takes others for its input line,
 * so it gets a moment, and only settings that are still top's are replaced. zsh takes what it finds when a program ends
 * for its own, which cannot be prevented from here. 3 is the terminal read, 4 the one written.
 */
export const GUARD_SCRIPT = `trap '' HUP INT TERM
before= raw= inside=
while IFS= read -r line; do
  case $line in
    b*) before=\${line#?} raw= inside=yes ;;
    r*) raw=\${line#?} ;;
    l) inside= ;;
  esac
done
[ -n "$inside" ] || exit 0
printf %s "$1" >&4
[ -n "$before" ] || exit 0
sleep 0.1 || sleep 1
[ -n "$raw" ] && [ "$(stty -g <&3)" != "$raw" ] || stty "$before" <&3`;

/** A terminal that is read and written. */
export interface TerminalStreams {
  readonly stdin: ReadStream & { readonly fd: number };
  readonly stdout: WriteStream & { readonly fd: number };
}

/** Lives in a session of its own, so that Ctrl-C and the terminal's end do not mean it. Without it top works all the same. */
export class Guard {
  readonly #child: ChildProcess;

  /** `leave`: what has to be written to the terminal. */
  constructor({ stdin, stdout }: TerminalStreams, leave: string) {
    this.#child = spawn("/bin/sh", ["-c", GUARD_SCRIPT, "hearth-top-guard", leave], {
      cwd: "/",
      env: process.env.PATH === undefined ? {} : { PATH: process.env.PATH },
      detached: true,
      stdio: ["pipe", "ignore", "ignore", stdin.fd, stdout.fd],
    });
    // One that could not be started, or has died, cannot be told anything.
    this.#child.on("error", () => {});
    this.#child.stdin?.on("error", () => {});
    this.#child.unref();
    (this.#child.stdin as Socket | null)?.unref();
  }

  /** To be told before anything is done to the terminal. */
  entering(before: string | null): void {
    this.#tell(`b${before ?? ""}`);
  }

  /** Top has the screen, with these settings. */
  entered(raw: string | null): void {
    this.#tell(`r${raw ?? ""}`);
  }

  /** The terminal is as it was. */
  left(): void {
    this.#tell("l");
  }

  /** It ends. */
  dismiss(): void {
    this.#child.stdin?.end();
  }

  /** Reaches the kernel before this returns, so a guard knows it whatever becomes of top. */
  #tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }
}

/** The terminal's settings as stty(1) writes and takes them; null where there is no stty. */
export function terminalSettings(): string | null {
  const { stdout, status } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}
