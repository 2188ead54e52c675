// One commit for all who wait: whoever joins before a commit starts shares it, whoever comes during it shares the next.

/** Group commit as databases do it: at most one commit is under way, and its cost is divided among those who wait. */
export class GroupCommit {
  readonly #commit: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(commit: () => Promise<void>) {
    this.#commit = commit;
  }

  /** Settles like the first commit that starts after this call. */
  join(): Promise<void> {
    this.#next ??= this.between(() => {
      this.#next = null;
      return this.#commit();
    });
    return this.#next;
  }

  /** Runs a step while no commit is under way; those who join meanwhile wait for it. */
  between<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => {});
    return result;
  }
}
