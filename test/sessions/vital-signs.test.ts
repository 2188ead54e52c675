import { spawn } from "node:child_process";
import { expect, it, onTestFinished, vi } from "vitest";
import { readIdentity } from "../../src/sessions/identity.js";
import { VitalSigns } from "../../src/sessions/vital-signs.js";
import { until } from "./sandbox.js";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

it("there is one timer for all who are watched, and none without them", async () => {
  const self = await readIdentity(process.pid);
  if (self === null) throw new Error("this process has no identity");
  const vitalSigns = new VitalSigns();
  // Nothing is awaited from here on, so no timer of the test's own comes or goes.
  const before = timers();
  const watches = [self, self, self].map((identity) => vitalSigns.watch(identity, () => {}));
  const during = timers();
  for (const watch of watches) watch.stop();
  expect([during - before, timers() - before]).toEqual([1, 0]);
});

it("a death is told a second later at the latest", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const identity = await readIdentity(child.pid ?? 0);
  if (identity === null) throw new Error("the process has no identity");
  // A second by a clock that no busy machine makes longer.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  let deaths = 0;
  new VitalSigns().watch(identity, () => deaths++);
  vi.advanceTimersByTime(10_000);
  expect(deaths).toBe(0);
  child.kill("SIGKILL");
  await until(() => child.signalCode !== null, "the end");
  vi.advanceTimersByTime(1_000);
  expect(deaths).toBe(1);
});

it("a death is told once, by whichever look sees it first", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const identity = await readIdentity(child.pid ?? 0);
  if (identity === null) throw new Error("the process has no identity");
  let deaths = 0;
  const watch = new VitalSigns().watch(identity, () => deaths++);
  await watch.look();
  expect(deaths).toBe(0);
  child.kill("SIGKILL");
  await until(() => child.signalCode !== null, "the end");
  await Promise.all([watch.look(), watch.look()]);
  expect(deaths).toBe(1);
});

it("a process that has got the number of a dead one is found out within a few looks", async () => {
  const self = await readIdentity(process.pid);
  if (self === null) throw new Error("this process has no identity");
  let deaths = 0;
  new VitalSigns().watch({ ...self, start: String(Number(self.start) - 1) }, () => deaths++);
  await until(() => deaths > 0, "the full check");
});
