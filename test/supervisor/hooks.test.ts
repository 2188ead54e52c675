// Hooks are told what happened, one after the other for each agent, and never more of them than anybody can bear.
import { beforeEach, describe, expect, test } from "vitest";
import type { HearthEvent } from "../../protocol/events.js";
import { exampleAgent, exampleRequest } from "../../protocol/examples.js";
import type { AgentSpec } from "../../src/config/spec.js";
import {
  HOOK_TIME_MS,
  HOOKS_AT_ONCE,
  HOOKS_WAITING,
  type HookCall,
  Hooks,
  LAST_HOOKS_MS,
} from "../../src/supervisor/hooks.js";
import { straySpec } from "../../src/supervisor/stray.js";
import { HandClock } from "./hand-clock.js";

/** A hook under way, and what ends it. */
interface Run {
  readonly call: HookCall;
  readonly signal: AbortSignal;
  end(): Promise<void>;
}

let clock: HandClock;
let runs: Run[];
let dropped: [string, { readonly count: number; readonly why: string }][];
let hooks: Hooks;
beforeEach(() => {
  clock = new HandClock();
  runs = [];
  dropped = [];
  hooks = new Hooks({
    clock,
    specOf: (agent) => (agent === "gone" ? undefined : specOf(agent)),
    statusOf: (agent) => ({ ...exampleAgent, agent }),
    runningRequest: (agent) => (agent === "asked" ? "r-7" : null),
    run: (call, signal) =>
      new Promise((resolve) => {
        const end = async (): Promise<void> => {
          resolve();
          await settled();
        };
        runs.push({ call, signal, end });
      }),
    dropped: (agent, what) => dropped.push([agent, what]),
  });
});

function specOf(agent: string): AgentSpec {
  const argv = ["tell", agent] as const;
  const all = { on_ready: argv, on_exit: argv, on_failed: argv, on_cycle: argv };
  return { ...straySpec(agent, "process"), hooks: agent === "quiet" ? {} : all };
}

/** Lets everything happen that waits for nothing but its turn. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function exited(agent: string, incarnation = 1, rest: { code?: number; signal?: string; asked?: boolean } = {}): void {
  const { code = null, signal = null, asked = false } = rest;
  hooks.notice({ type: "agent.exited", agent, data: { incarnation, code, signal, reason: "in words", asked } });
}

function exitedTimes(agent: string, count: number): void {
  for (let incarnation = 1; incarnation <= count; incarnation++) exited(agent, incarnation);
}

function incarnations(): (string | undefined)[] {
  return runs.map(({ call }) => call.facts.HEARTH_HOOK_INCARNATION);
}

describe("the variables of a hook", () => {
  const common = {
    HEARTH_HOOK_AT: "2023-11-14T22:13:21.000Z",
    HEARTH_HOOK_AGENT: "a",
    HEARTH_HOOK_STATE: "running",
    HEARTH_HOOK_RESTARTS: "1",
    HEARTH_HOOK_RECENT_FAILURES: "1",
    HEARTH_HOOK_LOG_FILE: exampleAgent.logFile,
  };

  test.each<[HearthEvent, object]>([
    [
      { type: "agent.ready", agent: "a", data: { incarnation: 3 } },
      { HEARTH_HOOK: "on_ready", HEARTH_HOOK_INCARNATION: "3" },
    ],
    [
      {
        type: "agent.exited",
        agent: "a",
        data: { incarnation: 3, code: 0, signal: null, reason: "exited with code 0", asked: false },
      },
      {
        HEARTH_HOOK: "on_exit",
        HEARTH_HOOK_INCARNATION: "3",
        HEARTH_HOOK_ASKED: "no",
        HEARTH_HOOK_REASON: "exited with code 0",
        HEARTH_HOOK_CODE: "0",
      },
    ],
    [
      {
        type: "agent.exited",
        agent: "a",
        data: { incarnation: 3, code: null, signal: "SIGTERM", reason: "killed by SIGTERM", asked: true },
      },
      {
        HEARTH_HOOK: "on_exit",
        HEARTH_HOOK_INCARNATION: "3",
        HEARTH_HOOK_ASKED: "yes",
        HEARTH_HOOK_REASON: "killed by SIGTERM",
        HEARTH_HOOK_SIGNAL: "SIGTERM",
      },
    ],
    [
      { type: "agent.failed", agent: "a", data: { reason: "exited with code 3", recentFailures: 4 } },
      { HEARTH_HOOK: "on_failed", HEARTH_HOOK_INCARNATION: "4", HEARTH_HOOK_REASON: "exited with code 3" },
    ],
    [
      { type: "lifecycle.done", agent: "a", data: exampleRequest },
      {
        HEARTH_HOOK: "on_cycle",
        HEARTH_HOOK_INCARNATION: "5",
        HEARTH_HOOK_PREVIOUS_INCARNATION: "4",
        HEARTH_HOOK_REQUEST: "r-4",
        HEARTH_HOOK_FROM: "mayor",
        HEARTH_HOOK_REASON: "context is full",
      },
    ],
  ])("tell of %j", (event, facts) => {
    hooks.notice(event);
    expect(runs.map(({ call }) => call.facts)).toEqual([{ ...common, ...facts }]);
    expect(runs[0]?.call.argv).toEqual(["tell", "a"]);
  });

  test("tell why Hearth ended a session, and by which request, and nothing of an earlier one", async () => {
    const stopping = { type: "agent.stopping", agent: "asked", data: { incarnation: 1, reason: "watchdog" } } as const;
    hooks.notice(stopping);
    exitedTimes("asked", 2);
    await runs[0]?.end();
    expect(runs.map(({ call }) => [call.facts.HEARTH_HOOK_CAUSE, call.facts.HEARTH_HOOK_REQUEST])).toEqual([
      ["watchdog", "r-7"],
      [undefined, undefined],
    ]);
  });
});

test.each<HearthEvent>([
  { type: "agent.starting", agent: "a", data: { incarnation: 1 } },
  { type: "agent.adopted", agent: "a", data: { incarnation: 1, pid: 2 } },
  { type: "lifecycle.done", agent: "a", data: { ...exampleRequest, action: "restart" } },
  { type: "lifecycle.failed", agent: "a", data: exampleRequest },
  { type: "agent.ready", agent: "quiet", data: { incarnation: 1 } },
  { type: "agent.ready", agent: "gone", data: { incarnation: 1 } },
])("no hook is run after %j", (event) => {
  hooks.notice(event);
  expect(runs).toEqual([]);
});

test("the hooks of one agent run one after the other, in the order of what happened", async () => {
  exitedTimes("a", 3);
  expect(incarnations()).toEqual(["1"]);
  for (const index of [0, 1, 2]) await runs[index]?.end();
  expect(incarnations()).toEqual(["1", "2", "3"]);
});

test("those of different agents run at the same time, but only so many", async () => {
  const agents = Array.from({ length: HOOKS_AT_ONCE + 2 }, (_, index) => `a${index}`);
  for (const agent of agents) exitedTimes(agent, 2);
  expect(runs.map(({ call }) => call.spec.name)).toEqual(agents.slice(0, HOOKS_AT_ONCE));
  await runs[1]?.end();
  expect(runs.length).toBe(HOOKS_AT_ONCE + 1);
});

test("when too many of one agent wait, the oldest go, which is told once when the next is run", async () => {
  exitedTimes("a", HOOKS_WAITING + 4);
  exited("b");
  expect(dropped).toEqual([]);
  await runs[0]?.end();
  expect(dropped).toEqual([["a", { count: 3, why: `more than ${HOOKS_WAITING} of them waited` }]]);
  expect(incarnations()).toEqual(["1", "1", "5"]);
});

test("one that takes too long is ended, and the next is run", async () => {
  exitedTimes("a", 2);
  clock.pass(HOOK_TIME_MS - 1);
  expect(runs[0]?.signal.aborted).toBe(false);
  clock.pass(1);
  expect(runs[0]?.signal.reason).toEqual(new Error("it took longer than 30 s"));
  await runs[0]?.end();
  expect(incarnations()).toEqual(["1", "2"]);
  expect(runs[1]?.signal.aborted).toBe(false);
});

describe("when the daemon ends", () => {
  test("without a hook nothing is waited for", async () => {
    await hooks.close();
    expect(clock.pending).toBe(0);
  });

  test("what waits is still run, and nothing is begun for what happens then", async () => {
    exitedTimes("a", 2);
    const closed = hooks.close();
    exited("b");
    for (const index of [0, 1]) await runs[index]?.end();
    await closed;
    expect(runs.map(({ call }) => call.spec.name)).toEqual(["a", "a"]);
    expect([clock.pending, dropped]).toEqual([0, []]);
  });

  test("what takes too long is ended, and what waits is dropped and told", async () => {
    exitedTimes("a", 3);
    const closed = hooks.close();
    clock.pass(LAST_HOOKS_MS);
    expect(runs[0]?.signal.reason).toEqual(new Error("the daemon is stopping"));
    await runs[0]?.end();
    await closed;
    expect(incarnations()).toEqual(["1"]);
    expect(dropped).toEqual([["a", { count: 2, why: "the daemon is stopping" }]]);
  });

  test("what can't even be killed is not waited for", async () => {
    exited("a");
    const closed = hooks.close();
    clock.pass(LAST_HOOKS_MS);
    clock.pass(1_000);
    await closed;
  });
});
