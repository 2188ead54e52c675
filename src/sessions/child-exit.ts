// The end of a child, for whoever asks before or after it has come.
import type { ChildProcess } from "node:child_process";

/** How a child ended: exactly one of the two is not null. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ChildExit {
  #end: ChildEnd | null = null;
  #listener: ((end: ChildEnd) => void) | null = null;

  constructor(child: ChildProcess) {
    // Not `close`, which would wait for descendants that hold the descriptors.
    child.once("exit", (code, signal) => {
      this.#end = { code, signal };
      this.#listener?.(this.#end);
    });
  }

  get hasCome(): boolean {
    return this.#end !== null;
  }

  /** Calls back as soon as it has come; at once when it has already. One listener at most. */
  tell(listener: (end: ChildEnd) => void): void {
    if (this.#end === null) this.#listener = listener;
    else listener(this.#end);
  }
}
