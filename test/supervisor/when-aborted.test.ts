import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { whenAborted } from "../../src/supervisor/when-aborted.js";

describe("a signal that many wait for", () => {
  it("tells each of them once, but nobody who has left", () => {
    const life = new AbortController();
    const heard: string[] = [];
    const leave = whenAborted(life.signal, () => heard.push("left"));
    whenAborted(life.signal, () => heard.push("first"));
    whenAborted(life.signal, () => heard.push("second"));
    leave();
    life.abort();
    expect(heard).toEqual(["first", "second"]);
  });

  it("has one listener, however many there are", () => {
    const { signal } = new AbortController();
    for (let count = 0; count < 100; count++) whenAborted(signal, () => {});
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
  });
});
