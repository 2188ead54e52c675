// The small program beside one that draws, which restores the terminal when that is killed with SIGKILL and cannot.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import type { Socket } from "node:net";

/**
 * POSIX sh. It reads what its program does to the terminal: "b" with the settings before, "r" with those while it has the
 * screen, "l" when it has left it. End-of-file while it has the screen means that it is dead: $1 is written, which shows
 * the screen as it was. A shell that started it puts its own settings back, or takes others for its input line, so the
 * shell gets a moment, and only settings that are still the program's are replaced. zsh takes what it finds when a program ends
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
interface TerminalEnds {
  readonly stdin: { readonly fd: number };
  readonly stdout: { readonly fd: number };
}

/** Lives in a session of its own, so that Ctrl-C and the terminal's end do not mean it. All works without it, too. */
export class Guard {
  readonly #child: ChildProcess;

  /** `leave`: what has to be written to the terminal. */
  constructor({ stdin, stdout }: TerminalEnds, leave: string) {
    this.#child = spawn("/bin/sh", ["-c", GUARD_SCRIPT, "hearth-guard", leave], {
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

  /** To be told before anything is done to the terminal; null where its settings stay as they are. */
  entering(before: string | null): void {
    this.#tell(`b${before ?? ""}`);
  }

  /** The program has the screen, with these settings. */
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

  /** Reaches the kernel before this returns, so a guard knows it whatever becomes of its program. */
  #tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }
}

/** The terminal's settings as stty(1) writes and takes them; null where there is no stty. */
export function terminalSettings(): string | null {
  const { stdout, status } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}
