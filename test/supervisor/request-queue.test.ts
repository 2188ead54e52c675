// What the queue remembers, for how long, and what becomes of a request that the disk refused.
import { expect, test } from "vitest";
import { StorageError, type Store } from "../../src/storage/store.js";
import { Handoffs } from "../../src/supervisor/handoffs.js";
import { INITIAL_STATE } from "../../src/supervisor/machine.js";
import { RequestQueue, type Wish } from "../../src/supervisor/request-queue.js";

const HOUR_MS = 3_600_000;
const WISH: Wish = {
  ...{ from: "operator", fromIncarnation: null, agent: "a", action: "shutdown", reason: null, key: "k", handoff: null },
  requestedAt: null,
};

/** A queue for one agent that is stopped, on a disk that may be full and with a clock that is set by hand. */
class Office {
  now = 0;
  isFull = false;
  readonly requests = new Map<string, unknown>();
  #lastId = 0;
  readonly #store: Store = {
    entries: (kind) => (kind === "request" ? this.requests : new Map()),
    put: (_kind, key, value) => void (value === null ? this.requests.delete(key) : this.requests.set(key, value)),
    written: async () => {},
    durable: async () => {
      if (this.isFull) throw new StorageError("no space left on device");
    },
    failing: false,
    damage: [],
    close: async () => {},
  };
  queue = this.open();

  /** What the next daemon finds. */
  open(): RequestQueue {
    const store = this.#store;
    return new RequestQueue({
      clock: { mono: () => this.now, wall: () => this.now, after: () => () => {} },
      store,
      handoffs: new Handoffs({ directory: "/nowhere", store, now: () => this.now, announce: () => {} }),
      newId: () => String(++this.#lastId),
      maxAgeMs: () => 6 * HOUR_MS,
      limits: () => ({ queuedRequests: 100, keyedRequests: 10_000 }),
      stateOf: (agent) => (agent === "a" ? INITIAL_STATE : undefined),
      dispatch: () => {},
      solicit: async () => {},
      announce: () => {},
      report: () => {},
    });
  }

  /** Asks, and has it carried out. */
  async ask(wish: Partial<Wish> = {}): Promise<string> {
    const { id } = await this.queue.accept({ ...WISH, ...wish });
    this.queue.advance("a");
    await this.queue.ended(id, AbortSignal.timeout(1_000));
    return id;
  }
}

test("a key is remembered until six hours after its request has ended, by the next daemon too", async () => {
  const office = new Office();
  const id = await office.ask();
  office.now = 6 * HOUR_MS;
  office.queue = office.open();
  expect(await office.ask()).toBe(id);
  office.now += 1;
  expect(await office.ask()).not.toBe(id);
  expect(() => office.queue.get(id)).toThrow(expect.objectContaining({ kind: "no-such-request" }));
});

test("two requests with one key that come together are one", async () => {
  const office = new Office();
  const [first, second] = await Promise.all([office.queue.accept(WISH), office.queue.accept(WISH)]);
  expect(second).toEqual(first);
  expect(office.requests.size).toBe(1);
  await expect(office.queue.accept({ ...WISH, action: "cycle" })).rejects.toMatchObject({ kind: "invalid-params" });
});

test("what the disk refused is not carried out, and may be asked again with its key", async () => {
  const office = new Office();
  office.isFull = true;
  await expect(office.queue.accept(WISH)).rejects.toMatchObject({ kind: "storage-unavailable" });
  expect(office.requests.size).toBe(0);
  office.isFull = false;
  expect((await office.queue.accept(WISH)).state).toBe("accepted");
});

test("a queue that has stopped takes and does nothing more; the next one carries on", async () => {
  const office = new Office();
  const { id } = await office.queue.accept(WISH);
  office.queue.stop();
  office.queue.advance("a");
  expect(office.queue.get(id).state).toBe("accepted");
  await expect(office.queue.accept({ ...WISH, key: null })).rejects.toMatchObject({ kind: "shutting-down" });
  office.queue = office.open();
  office.queue.recover();
  expect(await office.queue.ended(id, AbortSignal.timeout(1_000))).toMatchObject({ state: "done" });
});

test("a request of an agent that is no longer there fails", async () => {
  const office = new Office();
  const { id } = await office.queue.accept({ ...WISH, agent: "gone" });
  office.queue.advance("gone");
  expect(office.queue.get(id)).toMatchObject({ state: "failed", error: { kind: "no-such-agent" } });
});

test("at most a hundred requests of one agent wait", async () => {
  const office = new Office();
  for (let count = 1; count <= 100; count++) await office.queue.accept({ ...WISH, key: null });
  await expect(office.queue.accept({ ...WISH, key: null })).rejects.toMatchObject({ kind: "limit-reached" });
});
