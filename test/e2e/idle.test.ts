// What a daemon does while its agents do nothing: it sleeps.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { AgentDefinition } from "../../protocol/definition.js";
import { startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";

const AGENTS = 20;
const SLEEPER: AgentDefinition = { command: ["sleep", "1000000"], autostart: true };
const TOWN = Object.fromEntries(Array.from({ length: AGENTS }, (_, index) => [`idle-${index}`, SLEEPER]));

/** Longer than any time after which a daemon would look at something again and again. */
const STRETCH_MS = 3_000;

/** How often the daemon has gone to sleep, which a thread does once for each time it was woken. */
function sleepsOf({ pid }: TestDaemon): number {
  const [, count] =
    /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/task/${pid}/status`, "utf8")) ?? [];
  return Number(count);
}

/** Resolves once there is a stretch of time in which it was woken as seldom as that; V8 clears up a while after a start. */
function restful(daemon: TestDaemon, isSeldom: (woken: number, elapsedMs: number) => boolean): Promise<boolean> {
  return eventually(async () => {
    const [before, began] = [sleepsOf(daemon), performance.now()];
    await delay(STRETCH_MS);
    return isSeldom(sleepsOf(daemon) - before, performance.now() - began);
  }, "a stretch in which the daemon rests");
}

async function allRun(daemon: TestDaemon): Promise<void> {
  for (const agent of Object.keys(TOWN)) await daemon.until(agent, ({ state }) => state === "running");
}

test("agents that do nothing wake nobody", async () => {
  const daemon = await startDaemon({ config: { agents: TOWN } });
  await allRun(daemon);
  expect(await restful(daemon, (woken) => woken === 0)).toBe(true);
});

test("any number of adopted agents is looked at in one turn a second", async () => {
  const first = await startDaemon({ config: { agents: TOWN } });
  await allRun(first);
  await first.kill();
  const daemon = await first.startAgain();
  for (const agent of Object.keys(TOWN)) await daemon.until(agent, ({ adopted }) => adopted);
  // The look that falls on the end of a stretch, and the heartbeat.
  const turns = (elapsedMs: number): number => elapsedMs / 1_000 + 2;
  expect(await restful(daemon, (woken, elapsedMs) => woken > 0 && woken <= turns(elapsedMs))).toBe(true);
});
