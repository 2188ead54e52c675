// Turns come in the order in which they were asked for, one at a time, whoever leaves the line meanwhile.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Turns } from "../../src/server/turns.js";

/** Somebody comes, the one whose turn it is ends it, or one of those that wait leaves. */
type Step = { readonly kind: "come" } | { readonly kind: "end" } | { readonly kind: "leave"; readonly place: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "come" }) },
  fc.constant<Step>({ kind: "end" }),
  fc.nat(9).map((place): Step => ({ kind: "leave", place })),
);

/** One that has asked for a turn, and what ends it once it has begun. */
interface Caller {
  readonly leaving: AbortController;
  end: (() => void) | null;
}

/** The line as it should be: the first has its turn. */
class Line {
  readonly #turns = new Turns();
  readonly #callers: Caller[] = [];

  take(step: Step): void {
    if (step.kind === "come") this.#come();
    else if (step.kind === "end") this.#callers.shift()?.end?.();
    else for (const { leaving } of this.#callers.splice(1 + step.place, 1)) leaving.abort();
  }

  /** Whether each of them has its turn, from the first to the last. */
  get begun(): boolean[] {
    return this.#callers.map(({ end }) => end !== null);
  }

  #come(): void {
    const caller: Caller = { leaving: new AbortController(), end: null };
    this.#callers.push(caller);
    this.#turns.next(caller.leaving.signal).then(
      (end) => {
        caller.end = end;
      },
      () => {},
    );
  }
}

test("whoever comes and goes, it is the turn of the first who is still there, and of nobody else", async () => {
  const history = async (steps: readonly Step[]): Promise<void> => {
    const line = new Line();
    for (const each of steps) {
      line.take(each);
      await new Promise(setImmediate);
      expect(line.begun).toEqual(line.begun.map((_, place) => place === 0));
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), history));
});

test("whoever has been called off already gets no turn, and keeps nobody waiting", async () => {
  const turns = new Turns();
  await expect(turns.next(AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  expect(await turns.next(new AbortController().signal)).toBeTypeOf("function");
});
