// One pane as its agent's terminal: what it shows, and what is put into it.
import { type TmuxClient, TmuxError } from "./tmux-command.js";
import type { Screen } from "./tmux-screen.js";

/** A pane at one moment. */
export interface PaneView {
  /** False once the program has ended, or the pane is another one's. */
  readonly alive: boolean;
  /** True in copy mode and the like, where keys go to tmux and not to the program. */
  readonly inMode: boolean;
  /** True when somebody turned the pane's input off. */
  readonly inputOff: boolean;
  /** How many terminals are attached to its session. */
  readonly clients: number;
  readonly screen: Screen;
}

const VIEW_FORMAT = [
  "pane_pid",
  "pane_dead",
  "pane_in_mode",
  "pane_input_off",
  "session_attached",
  "cursor_x",
  "cursor_y",
  "cursor_flag",
]
  .map((field) => `#{${field}}`)
  .join(",");

export class TmuxPane {
  readonly #client: TmuxClient;
  readonly #id: string;
  readonly #pid: number;

  constructor(client: TmuxClient, { id, pid }: { readonly id: string; readonly pid: number }) {
    this.#client = client;
    this.#id = id;
    this.#pid = pid;
  }

  /** @throws TmuxError, for one when the pane is gone */
  async look(): Promise<PaneView> {
    const shown = await this.#client.run([
      ...["display-message", "-p", "-t", this.#id, VIEW_FORMAT, ";"],
      ...["capture-pane", "-e", "-p", "-t", this.#id],
    ]);
    const [state = "", ...rows] = shown.split("\n");
    return this.#view(state.split(",").map(Number), rows);
  }

  /** Pastes as one bracketed paste, where the program asked for brackets. */
  async paste(text: string): Promise<void> {
    const buffer = `hearth-poke-${this.#id.slice(1)}`;
    const load = ["load-buffer", "-b", buffer, "-", ";"];
    try {
      await this.#client.run([...load, "paste-buffer", "-p", "-d", "-b", buffer, "-t", this.#id], { input: text });
    } catch (error) {
      // The buffer is there only if it was the paste that failed.
      await this.#client.run(["delete-buffer", "-b", buffer]).catch(unlessTmuxRefused);
      throw error;
    }
  }

  async pressEnter(): Promise<void> {
    await this.#client.run(["send-keys", "-t", this.#id, "Enter"]);
  }

  /** Leaves copy mode and the like; the program learns nothing of it. */
  async leaveMode(): Promise<void> {
    await this.#client.run(["copy-mode", "-q", "-t", this.#id]);
  }

  /**
   * The last lines the terminal shows or has scrolled away, without trailing blanks.
   *
   * @throws TmuxError, for one when the pane is gone
   */
  async capture({ lines }: { readonly lines: number }): Promise<string[]> {
    const captured = await this.#client.run(["capture-pane", "-p", "-t", this.#id, "-S", `-${lines}`]);
    const shown = captured
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
    return lines === 0 ? [] : shown.slice(-lines);
  }

  #view(state: readonly number[], rows: readonly string[]): PaneView {
    const [pid, dead, inMode, inputOff, clients = 0, x = 0, y = 0, visible] = state;
    return {
      alive: pid === this.#pid && dead !== 1,
      // The number of modes the pane is in.
      inMode: inMode !== 0,
      inputOff: inputOff === 1,
      clients,
      screen: { rows, cursor: { x, y, visible: visible === 1 } },
    };
  }
}

function unlessTmuxRefused(error: unknown): void {
  if (!(error instanceof TmuxError)) throw error;
}
