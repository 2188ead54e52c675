import { describe, expect, it } from "vitest";
import { timerMs } from "../../src/client/limit.js";

describe("the time of a call", () => {
  it.each([
    [0, 0],
    [100, 100],
    [0.5, 1],
    [3_000_000_000, 2_147_483_647],
    [Number.POSITIVE_INFINITY, 2_147_483_647],
  ])("of %d ms is one that a timer can hold: %d", (timeoutMs, held) => {
    expect(timerMs(timeoutMs)).toBe(held);
  });

  it.each([[Number.NaN], [-1], ["100"], [null]])("is refused when it is %j", (timeoutMs) => {
    const refusal = expect.objectContaining({ kind: "invalid-params", message: expect.stringContaining("timeoutMs") });
    expect(() => timerMs(timeoutMs as number)).toThrow(refusal);
  });
});
