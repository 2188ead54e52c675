// Whose turn it is: one after the other, in the order in which they asked.

export class Turns {
  readonly #waiting = new Set<() => void>();
  #isTaken = false;

  /**
   * Resolves when it is one's turn, with what ends it.
   * Rejects with the signal's reason when it is called off before, and then costs nothing any more.
   */
  async next(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#isTaken) await this.#called(signal);
    this.#isTaken = true;
    return () => this.#end();
  }

  #called(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const call = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(call);
        reject(signal.reason);
      };
      this.#waiting.add(call);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Stays taken when somebody waits, so that nobody who comes now is faster. */
  #end(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#isTaken = false;
      return;
    }
    this.#waiting.delete(first);
    first();
  }
}
