// Lets one thing at a time happen to a log, in the order asked for.

/** Whoever takes a turn has the log for itself until its work settles; a turn inside a turn would wait for ever. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as `work` does, which begins when every earlier turn is over, however it ended. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
