// Whether the disk takes records at the moment; while it does not, a timer tries again.
import { StorageError } from "./store.js";

export interface DiskHealthOptions {
  /** How often a refusing disk is tried again, in milliseconds. */
  readonly retryEveryMs: number;
  readonly tryAgain: () => void;
  /** Told of each change; `cause` is the system's error. */
  readonly onFailing: (failing: boolean, cause?: unknown) => void;
}

export class DiskHealth {
  readonly #options: DiskHealthOptions;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: DiskHealthOptions) {
    this.#options = options;
  }

  get failing(): boolean {
    return this.#timer !== null;
  }

  /** The disk refused. */
  refused(cause: unknown): void {
    if (this.failing) return;
    this.#timer = setInterval(this.#options.tryAgain, this.#options.retryEveryMs).unref();
    this.#options.onFailing(true, cause);
  }

  /** The disk took everything there was. */
  recovered(): void {
    if (!this.failing) return;
    this.stopTrying();
    this.#options.onFailing(false);
  }

  stopTrying(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** Words a system's error for those who waited for a record. */
export function storageError(cause: unknown): StorageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`state cannot be written: ${reason}`, { cause });
}
