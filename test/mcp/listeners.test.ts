import { describe, expect, it } from "vitest";
import { Listeners } from "../../src/mcp/listeners.js";

const LOG = "hearth://agents/mayor/log";
const LOWER = "hearth://agents/gastown%2fwitness/status";
const UPPER = "hearth://agents/gastown%2Fwitness/status";

function heard(...messages: unknown[]): Listeners {
  const listeners = new Listeners();
  for (const message of messages) listeners.heed(message);
  return listeners;
}

const listen = (id: unknown, ...resourceSubscriptions: unknown[]) => ({
  ...{ id, method: "subscriptions/listen", params: { notifications: { resourceSubscriptions } } },
});
const cancel = (requestId: unknown) => ({ method: "notifications/cancelled", params: { requestId } });
const subscribe = (uri: unknown) => ({ id: 9, method: "resources/subscribe", params: { uri } });
const unsubscribe = (uri: unknown) => ({ id: 9, method: "resources/unsubscribe", params: { uri } });

describe("what a client listens to", () => {
  it("is told again as the client wrote it", () => {
    expect(heard(listen(1, LOWER), subscribe(UPPER)).wanted).toEqual(new Map([[UPPER, new Set([LOWER, UPPER])]]));
  });

  it("ends with the request that began it, and with no other", () => {
    const both = [listen(1, LOG), listen("1", UPPER)];
    expect([...heard(...both, cancel("1")).wanted.keys()]).toEqual([LOG]);
    expect([...heard(...both, cancel(1)).wanted.keys()]).toEqual([UPPER]);
    expect(heard(...both, unsubscribe(LOG)).wanted.size).toBe(2);
  });

  it("ends with its URI in the older protocol", () => {
    expect(heard(subscribe(LOG), unsubscribe(LOG)).wanted.size).toBe(0);
    expect(heard(subscribe(LOG), listen(1, LOG), unsubscribe(LOG)).wanted.size).toBe(1);
  });

  it("names the agents whose logs are meant", () => {
    expect(heard(listen(1, LOG, UPPER), subscribe(LOG)).logs).toEqual(new Set(["mayor"]));
  });

  it.each([
    [null],
    ["text"],
    [{}],
    [subscribe(7)],
    [subscribe("hearth://nothing")],
    [listen(1, 7, null)],
    [{ method: "subscriptions/listen" }],
    [{ method: "subscriptions/listen", params: { notifications: { resourceSubscriptions: LOG } } }],
  ])("is nothing after %j", (message) => expect(heard(message).wanted.size).toBe(0));

  it("is looked at again only after a message about listening", () => {
    const listeners = heard(listen(1, LOG));
    expect([listeners.heed(cancel(2)), listeners.heed(cancel(1)), listeners.heed({ method: "tools/list" })]).toEqual([
      ...[false, true, false],
    ]);
  });
});
