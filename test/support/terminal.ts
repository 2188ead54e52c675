// A real terminal with a shell in it: a tmux server of the test's own, looked at and typed into from outside.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { eventually } from "./deadline.js";
import { isRunning, sessionMembers } from "./processes.js";

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** What runs in it: a program with its arguments, or a line of shell. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What programs do to a terminal and have to undo. */
export interface TerminalModes {
  /** As `stty -g` writes them. */
  readonly settings: string;
  readonly isAlternate: boolean;
  readonly hasCursor: boolean;
  readonly wraps: boolean;
}

const terminals: RealTerminal[] = [];

afterEach(async () => {
  await Promise.all(terminals.splice(0).map((terminal) => terminal.dispose()));
});

const FORMAT = "#{alternate_on} #{cursor_flag} #{wrap_flag}";

export class RealTerminal {
  readonly #directory = mkdtempSync(join(tmpdir(), "hearth-tty-"));
  readonly #socket = join(this.#directory, "t.sock");
  readonly #server: number;
  /** The shell's. */
  readonly pid: number;
  readonly #device: string;

  /** Ended after the test, with whatever runs in it. */
  constructor({ columns, rows, command = ["sh"], env = {} }: TerminalOptions) {
    // As people have it; whoever runs the tests may have no locale at all.
    const locale = { LANG: "C.UTF-8", LC_ALL: "" };
    const set = Object.entries({ PS1: "$ ", ENV: "", ...locale, ...env }).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, ...set, ...command);
    this.#server = Number(this.#ask("#{pid}"));
    terminals.push(this);
    this.pid = Number(this.#ask("#{pane_pid}"));
    this.#device = this.#ask("#{pane_tty}");
  }

  get rows(): string[] {
    return this.#tmux("capture-pane", "-p").replace(/\n$/, "").split("\n");
  }

  get text(): string {
    return this.rows.join("\n");
  }

  get modes(): TerminalModes {
    const [isAlternate, hasCursor, wraps] = this.#ask(FORMAT)
      .split(" ")
      .map((flag) => flag === "1");
    const settings = execFileSync("stty", ["-F", this.#device, "-g"], { encoding: "utf8" }).trim();
    return { settings, isAlternate: isAlternate === true, hasCursor: hasCursor === true, wraps: wraps === true };
  }

  /** Presses keys by tmux's names for them, or types what is none. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  type(text: string): void {
    this.#tmux("send-keys", "-l", text);
  }

  /** Types a line of shell. */
  run(line: string): void {
    this.type(line);
    this.press("Enter");
  }

  resize({ columns, rows }: { readonly columns: number; readonly rows: number }): void {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** Pastes as a person does with a mouse. */
  paste(text: string): void {
    this.#tmux("set-buffer", text);
    this.#tmux("paste-buffer", "-p");
  }

  /** Ends it, as closing its window does. */
  close(): void {
    this.#tmux("kill-server");
  }

  /** Ends it unless its shell's end has, and removes its files. */
  async dispose(): Promise<void> {
    try {
      this.close();
    } catch {
      // The end of its shell was its own.
    }
    await eventually(() => !isRunning(this.#server), "the terminal ends");
    // What ran in it is told of its end, and is there for a moment longer.
    await eventually(() => sessionMembers(this.pid).length === 0, "what ran in the terminal ends");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Resolves once the terminal shows it. */
  async shows(what: string | RegExp): Promise<void> {
    const isShown = (): boolean => (typeof what === "string" ? this.text.includes(what) : what.test(this.text));
    await eventually(isShown, `the terminal shows ${what}`).catch((error: Error) => {
      throw new Error(`${error.message}; it shows\n${this.text}`);
    });
  }

  #ask(format: string): string {
    return this.#tmux("display-message", "-p", format).trim();
  }

  #tmux(...args: string[]): string {
    const { TMUX: _, ...env } = process.env;
    return execFileSync("tmux", ["-u", "-S", this.#socket, ...args], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}
