import { describe, expect, it } from "vitest";
import { delaysMs, RECONNECT, tryAgain } from "../../src/client/reconnect.js";

const FAST = { tries: 3, firstDelayMs: 1, maxDelayMs: 1 };

describe("trying again", () => {
  it("waits 200 ms to 2 s, five times", () => {
    expect(delaysMs(RECONNECT)).toEqual([200, 400, 800, 1_600, 2_000]);
  });

  it("ends with the first success", async () => {
    let tries = 0;
    const attempt = async () => {
      if (++tries < 2) throw new Error("not yet");
      return tries;
    };
    expect(await tryAgain(attempt, FAST, new AbortController().signal)).toBe(2);
  });

  it("ends with the last failure", async () => {
    let tries = 0;
    const attempt = async () => {
      throw new Error(`try ${++tries}`);
    };
    await expect(tryAgain(attempt, FAST, new AbortController().signal)).rejects.toThrow("try 3");
  });

  it("can be called off", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(tryAgain(async () => 1, FAST, signal)).rejects.toThrow("enough");
  });
});
