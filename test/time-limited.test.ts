// Work that may take so long and no longer.
import { once } from "node:events";
import { expect, it } from "vitest";
import { timeLimited } from "../src/time-limited.js";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

/** Ends when it is called off, with the reason. */
async function endless(signal: AbortSignal): Promise<never> {
  await once(signal, "abort");
  throw signal.reason;
}

it("what takes too long is called off", async () => {
  const { signal } = new AbortController();
  await expect(timeLimited({ signal, ms: 1 }, endless)).rejects.toMatchObject({ name: "TimeoutError" });
});

it("what is called off before hears the caller's reason, at its beginning too", async () => {
  const caller = new AbortController();
  const limits = { signal: caller.signal, ms: 1_000_000 };
  const late = timeLimited(limits, endless);
  caller.abort(new Error("no more"));
  await expect(late).rejects.toThrow("no more");
  await expect(timeLimited(limits, endless)).rejects.toThrow("no more");
});

it("what is done in time leaves no timer", async () => {
  const { signal } = new AbortController();
  const before = timers();
  let during = 0;
  const work = async (): Promise<string> => {
    during = timers();
    return "done";
  };
  expect(await timeLimited({ signal, ms: 1_000_000 }, work)).toBe("done");
  expect([during - before, timers() - before]).toEqual([1, 0]);
});
