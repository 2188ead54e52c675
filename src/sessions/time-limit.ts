// A time after which nobody waits any more, for whatever it is.

export class TimeLimit {
  readonly #isUp: Promise<never>;
  readonly #timer: NodeJS.Timeout;
  #reject: (reason: unknown) => void = () => {};

  /** After `ms` milliseconds, everybody who waits hears the reason. */
  constructor(ms: number, reason: () => Error) {
    this.#isUp = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.#isUp.catch(() => {});
    this.#timer = setTimeout(() => this.#reject(reason()), ms);
  }

  /** Settles as the promise does, or rejects when the time is up. */
  within<T>(promise: T | Promise<T>): Promise<T> {
    return Promise.race([this.#isUp, promise]);
  }

  /** Does not wait for the time. */
  cutShort(reason: Error): void {
    this.lift();
    this.#reject(reason);
  }

  /** From here on there is time enough. */
  lift(): void {
    clearTimeout(this.#timer);
  }
}
