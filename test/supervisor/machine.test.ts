// The machine's promises, held against generated histories of requests, exits, crashes of the daemon and stale news.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentState, INITIAL_STATE, step } from "../../src/supervisor/machine.js";
import { isAtRest, move, SPEC, World } from "./history.js";

const HISTORIES = 10_000;
const history = fc.array(move, { maxLength: 60, size: "max" });

function played(moves: readonly Parameters<World["play"]>[0][]): World {
  const world = new World();
  for (const next of moves) world.play(next);
  return world;
}

describe("in any history", () => {
  it("there are never two sessions, none runs unrecorded, no number is burnt or runs twice, stale news and crash loops change nothing", () => {
    fc.assert(
      fc.property(history, (moves) => {
        expect(played(moves).faults).toEqual([]);
      }),
      { numRuns: HISTORIES },
    );
  });

  it("a stop is reached, and is final until somebody starts the agent", () => {
    fc.assert(
      fc.property(
        history,
        fc.array(
          move.filter(({ kind }) => isNoRequest(kind)),
          { maxLength: 20, size: "max" },
        ),
        (before, after) => {
          const world = played(before);
          world.play({ kind: "stop" });
          world.settle();
          expect(isAtRest(world)).toBe(true);
          for (const next of after) world.play(next);
          expect({ forks: world.forksSinceStop, wanted: world.state.wanted }).toEqual({ forks: 0, wanted: "down" });
        },
      ),
      { numRuns: HISTORIES / 10 },
    );
  });

  it("a full disk is nobody's failure, however long it lasts, and then what waits for it runs", () => {
    fc.assert(
      fc.property(history, fc.nat(20), (before, turns) => {
        const world = played([...before, { kind: "stop" }]);
        world.settle();
        world.play({ kind: "reset" });
        world.play({ kind: "disk-full" });
        world.play({ kind: "start" });
        const { restarts } = world.state;
        for (let turn = 0; turn < turns; turn++) {
          carryOut(world);
          expect(world.state).toMatchObject({ status: "backoff", wanted: "up", failures: [] });
          world.play({ kind: "pass", ms: 2_000 });
        }
        world.play({ kind: "disk-free" });
        carryOut(world);
        world.play({ kind: "pass", ms: 2_000 });
        carryOut(world);
        expect(world.state).toMatchObject({ status: "running", failures: [], restarts });
      }),
      { numRuns: HISTORIES / 10 },
    );
  });

  it("whatever waits has a deadline: a backoff, a grace, a time to become ready", () => {
    fc.assert(
      fc.property(history, (moves) => {
        const { state } = played(moves);
        if (state.status === "backoff") expect(state.deadline).not.toBeNull();
        if (state.status === "running" && !state.ready) expect(state.deadline).not.toBeNull();
      }),
      { numRuns: HISTORIES / 10 },
    );
  });
});

describe("the restart policy", () => {
  it("tries three restarts with doubling delays and calls the fourth failure a crash loop", () => {
    const world = running();
    const delays: (number | null)[] = [];
    for (let failure = 1; failure <= 3; failure++) {
      world.play({ kind: "exit-dirty" });
      delays.push(world.state.deadline === null ? null : world.state.deadline - world.now);
      world.now = world.state.deadline ?? world.now;
      world.send({ type: "tick" });
      carryOut(world);
    }
    world.play({ kind: "exit-dirty" });
    expect({ delays, status: world.state.status, wanted: world.state.wanted, restarts: world.state.restarts }).toEqual({
      delays: [1_000, 2_000, 4_000],
      status: "failed",
      wanted: "down",
      restarts: 3,
    });
  });

  it("forgets failures older than the window", () => {
    const world = running();
    world.play({ kind: "exit-dirty" });
    world.now += SPEC.restart.windowMs;
    world.send({ type: "tick" });
    carryOut(world);
    world.play({ kind: "exit-dirty" });
    expect(world.state.failures).toHaveLength(1);
  });

  it("lets an agent rest that ended cleanly, and no longer wants it", () => {
    const world = running();
    world.play({ kind: "exit-clean" });
    expect(world.state).toMatchObject({ status: "stopped", wanted: "down", failures: [] });
  });

  it("does not count an end that somebody asked for", () => {
    const world = running();
    world.play({ kind: "restart" });
    world.play({ kind: "exit-dirty" });
    expect(world.state).toMatchObject({ status: "starting", failures: [], restarts: 0, incarnation: 2 });
  });

  it("counts not becoming ready in time as a failure, in those words", () => {
    const world = running({ ready: false });
    world.now += SPEC.ready.timeoutMs;
    world.send({ type: "tick" });
    world.play({ kind: "exit-clean" });
    expect(world.state.status).toBe("backoff");
    expect(world.state.lastExit?.reason).toMatch(/not ready within/);
  });
});

describe("a trigger", () => {
  it.each(["cron", "watch"] as const)("of kind %s restarts what runs, at once and without counting it", (cause) => {
    const world = running();
    const due = { type: "restart-due", incarnation: 1, cause, detail: "why" } as const;
    const { effects } = step(world.state, due, context());
    const announced = effects.flatMap((effect) => (effect.type === "emit" ? [effect.announcement] : []));
    expect(announced).toEqual([
      { type: "restart.due", incarnation: 1, cause, detail: "why" },
      { type: "agent.stopping", incarnation: 1, reason: `${cause}: why` },
    ]);
    world.send(due);
    world.play({ kind: "exit-dirty" });
    expect(world.state).toMatchObject({
      status: "starting",
      incarnation: 2,
      failures: [],
      restarts: 0,
      lastExit: { reason: `${cause}: why` },
    });
  });

  it("of too much memory counts as a failure, so that a leak that fills it quickly ends in a crash loop", () => {
    const world = running();
    const delays: number[] = [];
    for (let restart = 1; restart <= SPEC.restart.maxAttempts + 1; restart++) {
      world.play({ kind: "restart-due", cause: "max-memory" });
      world.play({ kind: "exit-clean" });
      delays.push((world.state.deadline ?? world.now) - world.now);
      world.play({ kind: "pass", ms: 5_000 });
      carryOut(world);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 0]);
    expect(world.state).toMatchObject({ status: "failed", restarts: 3, lastExit: { reason: "max-memory: due" } });
  });

  it("is overtaken by a stop, which is final", () => {
    const world = running();
    world.play({ kind: "restart-due", cause: "cron" });
    world.play({ kind: "stop" });
    world.settle();
    expect(world.state).toMatchObject({ status: "stopped", wanted: "down", incarnation: 1 });
  });

  it("is carried to its end by the daemon that follows, with its reason", () => {
    const world = running();
    world.play({ kind: "restart-due", cause: "watch" });
    world.play({ kind: "daemon-killed", meanwhile: "all-die" });
    expect(world.state).toMatchObject({ status: "starting", incarnation: 2, failures: [] });
    expect(world.state.lastExit?.reason).toBe("watch: due");
  });
});

describe("a stop that comes while the gate is being made", () => {
  it("lets nothing run, and the number is used again", () => {
    const world = new World();
    world.play({ kind: "start" });
    world.play({ kind: "stop" });
    world.settle();
    expect(world.ran).toEqual([]);
    world.play({ kind: "start" });
    carryOut(world);
    expect(world.ran).toEqual([1]);
  });
});

describe("a disk that fills while the gate is being made", () => {
  it("lets nothing run, counts as no failure, and the number is used again", () => {
    const world = new World();
    world.play({ kind: "start" });
    while (world.state.session === null) world.play({ kind: "effect", luck: "good" });
    world.play({ kind: "disk-full" });
    carryOut(world);
    expect(world.state).toMatchObject({ status: "backoff", incarnation: 0, failures: [] });
    expect([world.ran, world.real, world.state.lastExit?.reason]).toEqual([[], null, "disk full"]);
    world.play({ kind: "disk-free" });
    world.play({ kind: "pass", ms: 2_000 });
    carryOut(world);
    expect([world.ran, world.state.restarts]).toEqual([[1], 0]);
  });
});

describe("a daemon that finds a stop under way", () => {
  it("keeps the time the agent was given instead of starting it afresh", () => {
    const world = running();
    world.play({ kind: "stop" });
    carryOut(world);
    const { deadline } = world.state;
    world.now += SPEC.stop.graceMs - 1_000;
    world.play({ kind: "daemon-killed", meanwhile: "nothing" });
    expect(world.state).toMatchObject({ status: "stopping", adopted: true, deadline });
    world.play({ kind: "pass", ms: 999 });
    carryOut(world);
    expect(world.real).not.toBeNull();
    world.play({ kind: "pass", ms: 1 });
    carryOut(world);
    expect([world.real, world.state.status]).toEqual([null, "stopped"]);
  });

  it("goes on killing what was being killed", () => {
    const world = running();
    world.play({ kind: "stop" });
    carryOut(world);
    world.now += SPEC.stop.graceMs;
    world.send({ type: "tick" });
    world.play({ kind: "daemon-killed", meanwhile: "leader-dies" });
    expect(world.state).toMatchObject({ status: "stopping", deadline: null });
    carryOut(world);
    expect([world.real, world.state.status]).toEqual([null, "stopped"]);
  });
});

describe("numbers", () => {
  it("an incarnation whose gate never ran the command is given back and counts as no failure when its daemon died", () => {
    const state = after({ type: "start", hold: false });
    const session = {
      kind: "process",
      identity: { pid: 7, start: "1", boot: "b", init: "1" },
      startedAt: 0,
      tokenHash: "",
    } as const;
    const gated = step(state, { type: "forked", incarnation: 1, session }, context()).state;
    const exit = { code: null, signal: null, at: 0, reason: "exit not observed" };
    const next = step(
      gated,
      { type: "found-dead", incarnation: 1, exit, ran: false, empty: true, excused: true },
      context(),
    ).state;
    expect(next).toMatchObject({ status: "starting", incarnation: 1, failures: [], lastExit: null });
  });
});

function isNoRequest(kind: string): boolean {
  return !["start", "restart"].includes(kind);
}

function context() {
  return { spec: SPEC, now: 1_000, random: 0.5, canRecord: true };
}

function after(event: Parameters<typeof step>[1]): AgentState {
  return step(INITIAL_STATE, event, context()).state;
}

function carryOut(world: World): void {
  for (let effect = 0; effect < 12; effect++) world.play({ kind: "effect", luck: "good" });
}

function running(options = { ready: true }): World {
  const world = new World();
  world.play({ kind: "start" });
  carryOut(world);
  if (options.ready) world.play({ kind: "ready" });
  return world;
}
