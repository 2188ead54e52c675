import { describe, expect, it } from "vitest";
import { MAX_WAITING, Subscription } from "../../src/client/subscription.js";
import { Subscriptions } from "../../src/client/subscriptions.js";
import { within } from "../support/deadline.js";

async function read<T>(subscription: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const item of subscription) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

describe("a subscription", () => {
  it("yields what came before and what comes while it is read, and is closed by its reader", async () => {
    let closed = 0;
    const subscription = new Subscription<number>(async () => {
      closed++;
    });
    subscription.push(1);
    const reading = read(subscription, 2);
    subscription.push(2);
    expect(await reading).toEqual([1, 2]);
    expect(closed).toBe(1);
  });

  it("yields what waits before it fails", async () => {
    const subscription = new Subscription<number>(async () => {});
    subscription.push(1);
    subscription.fail(new Error("gone"));
    const items: number[] = [];
    const reading = (async () => {
      for await (const item of subscription) items.push(item);
    })();
    await expect(reading).rejects.toThrow("gone");
    expect(items).toEqual([1]);
  });

  it("is shared by loops that read it at the same time, and ends for all of them", async () => {
    const subscription = new Subscription<number>(async () => {});
    const reading = Promise.all([read(subscription, 3), read(subscription, 3)]);
    for (const item of [1, 2, 3]) subscription.push(item);
    await Promise.resolve();
    await subscription.close();
    const items = await within(reading, () => "both loops end");
    expect(items.flat().sort()).toEqual([1, 2, 3]);
  });

  it("fails instead of filling the memory", async () => {
    const subscription = new Subscription<number>(async () => {});
    for (let item = 0; item <= MAX_WAITING; item++) subscription.push(item);
    await expect(read(subscription, MAX_WAITING + 1)).rejects.toMatchObject({ kind: "limit-reached" });
  });
});

describe("the subscriptions of a client", () => {
  it("keep notifications that overtake the answer that names them", async () => {
    const subscriptions = new Subscriptions();
    const opened = subscriptions.open<{ params: { n: number } }>({
      begin: async () => {
        subscriptions.deliver("event", { subscription: "7", n: 1 });
        return { subscription: "7" };
      },
      end: async () => {},
      seen: () => {},
    });
    const items = await read(await opened, 1);
    expect(items[0]?.params.n).toBe(1);
    expect(subscriptions.isEmpty).toBe(true);
  });
});
