// kill -9 of the daemon at any moment of its spawns: no agent is orphaned, none is doubled, no number is burnt.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { configure, newHome, sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually, PATIENCE_MS } from "../support/deadline.js";
import { processesOf } from "../support/processes.js";

const NAMES = Array.from({ length: 10 }, (_, index) => `agent-${index}`);
const ROUNDS = 25;

// Each round starts daemon and agents anew and waits for all of them, which takes a busy machine seconds.
vi.setConfig({ testTimeout: ROUNDS * PATIENCE_MS });

/** Tells that it ran before anything else; a number that is missing in the file was never used. */
function witness(home: string): string {
  return `echo "$HEARTH_AGENT $HEARTH_INCARNATION $$" >> ${home}/ran; exec sleep 600`;
}

function incarnationsThatRan(home: string, agent: string): number[] {
  const lines = readFileSync(`${home}/ran`, { encoding: "utf8", flag: "a+" }).trimEnd().split("\n");
  return lines
    .map((line) => line.split(" "))
    .flatMap(([name, incarnation]) => (name === agent ? [Number(incarnation)] : []));
}

/** Kills the daemon a while after it was asked for ten restarts; longer waits in steps too small for a timer. */
async function killAfter(daemon: TestDaemon, micros: number): Promise<void> {
  daemon.wire.send({ jsonrpc: "2.0", method: "agent.restart", params: { agent: "agent-*" } });
  const moment = performance.now() + micros / 1000;
  if (micros > 2_000) await delay(micros / 1000 - 1);
  while (performance.now() < moment);
  await daemon.kill();
}

async function expectEachOnce(daemon: TestDaemon): Promise<void> {
  const agents = await Promise.all(NAMES.map((name) => daemon.until(name, ({ ready }) => ready)));
  const known = [daemon.pid, ...agents.map(({ pid }) => pid)].toSorted();
  const alive = () => processesOf(daemon.home).map(({ pid }) => pid);
  // A process in the middle of exec(2) has no environment for a moment; one too many or too few would stay.
  await eventually(() => isDeepStrictEqual(alive().toSorted(), known), `only ${known} are there`);
  for (const { agent, incarnation } of agents) {
    // Ready without a condition means that the command has begun, not that it came to its first line.
    await eventually(
      () => incarnationsThatRan(daemon.home, agent).includes(incarnation),
      `${agent} ${incarnation} ran`,
    );
    const numbers = Array.from({ length: incarnation }, (_, index) => index + 1);
    expect(incarnationsThatRan(daemon.home, agent), agent).toEqual(numbers);
  }
}

test("never an agent the next daemon does not know, never two, no number burnt by one that never ran", async () => {
  const home = newHome();
  const definition = sh(witness(home), {
    autostart: true,
    restart: { max_attempts: 1_000, backoff: "0s" },
    stop: { grace: "5s" },
  });
  configure(home, { agents: Object.fromEntries(NAMES.map((name) => [name, definition])) });
  let daemon = await startDaemon({ home });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 60_000 }), async (micros) => {
      await killAfter(daemon, micros);
      daemon = await daemon.startAgain();
      await expectEachOnce(daemon);
    }),
    // Each round goes on where the last one ended, so a shorter history would be another one.
    { numRuns: ROUNDS, endOnFailure: true },
  );
  await daemon.stop();
});

test("the same while agents start for the first time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 40_000 }), async (micros) => {
      const home = newHome();
      configure(home, { agents: Object.fromEntries(NAMES.map((name) => [name, sh(witness(home))])) });
      const daemon = await startDaemon({ home });
      daemon.wire.send({ jsonrpc: "2.0", method: "agent.start", params: { agent: "agent-*" } });
      const moment = performance.now() + micros / 1000;
      while (performance.now() < moment);
      await daemon.kill();
      const next = await daemon.startAgain();
      await next.call("agent.start", { agent: "agent-*" });
      await expectEachOnce(next);
      await next.stop();
    }),
    { numRuns: 10, endOnFailure: true },
  );
});
