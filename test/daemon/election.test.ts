// The election's decisions under every interleaving: candidates that start, crash and end at any step, never two leaders.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Finding, nextStep, type OpenStep, type Step } from "../../src/daemon/election.js";

/** Owners are numbers, one for each start of a process. */
type Owner = number;

interface Process {
  /** Null while it does not run. */
  readonly owner: Owner | null;
  readonly step: Step<Owner>;
  /** A scan lists the directory, then reads the file; this is the generation listed so far. */
  readonly listed: number | null;
}

interface World {
  readonly processes: readonly Process[];
  /** Generation and owner; null is a file that a person left there. */
  readonly locks: readonly (readonly [number, Owner | null])[];
  readonly started: number;
}

interface Rules {
  readonly starts: number;
  /** Generations below its own that a leader leaves alone when it sweeps. */
  readonly kept: number;
  /** The mistake that the design warns of. */
  readonly leaderRemovesOwnLockOnExit?: boolean;
}

const OFF: Process = { owner: null, step: { do: "scan" }, listed: null };

function world(processes: number, locks: World["locks"] = []): World {
  return { processes: Array(processes).fill(OFF), locks, started: 0 };
}

/** Everything that the process at this index can do next, or that can happen to it. */
function successors(now: World, index: number, rules: Rules): World[] {
  const process = now.processes[index] ?? OFF;
  if (process.owner === null) return now.started < rules.starts ? [start(now, index)] : [];
  const crashed = put(now, index, OFF);
  if (process.step.do === "yield") return [crashed];
  if (process.step.do === "lead") return [crashed, ...leaderActs(now, index, process.step.generation, rules)];
  return [crashed, advance(now, index, process, process.step)];
}

function start(now: World, index: number): World {
  const started = now.started + 1;
  return { ...put(now, index, { ...OFF, owner: started }), started };
}

function leaderActs(now: World, index: number, generation: number, rules: Rules): World[] {
  const swept = { ...now, locks: now.locks.filter(([each]) => each >= generation - rules.kept) };
  if (rules.leaderRemovesOwnLockOnExit !== true) return [swept];
  return [swept, { ...put(now, index, OFF), locks: now.locks.filter(([each]) => each !== generation) }];
}

function advance(now: World, index: number, process: Process, step: OpenStep<Owner>): World {
  if (step.do === "scan" && process.listed === null) {
    const listed = highest(now);
    if (listed > 0) return put(now, index, { ...process, listed });
  }
  const [finding, locks] = carryOut(now, process, step);
  return { ...put(now, index, { ...process, step: nextStep(step, finding), listed: null }), locks };
}

function carryOut(now: World, process: Process, step: OpenStep<Owner>): [Finding<Owner>, World["locks"]] {
  const { locks } = now;
  switch (step.do) {
    case "scan": {
      const generation = process.listed;
      const owner = locks.find(([each]) => each === generation)?.[1] ?? null;
      return [{ found: "newest", newest: generation === null ? null : { generation, owner } }, locks];
    }
    case "probe":
      return [{ found: now.processes.some(({ owner }) => owner === step.owner) ? "reachable" : "dead" }, locks];
    case "claim":
      if (locks.some(([each]) => each === step.generation)) return [{ found: "exists" }, locks];
      return [{ found: "created" }, [...locks, [step.generation, process.owner]]];
    case "verify":
      return [{ found: "highest", generation: highest(now) }, locks];
    case "withdraw":
      return [{ found: "withdrawn" }, locks.filter(([each]) => each !== step.generation)];
  }
}

function put(now: World, index: number, process: Process): World {
  return { ...now, processes: now.processes.with(index, process) };
}

function highest({ locks }: World): number {
  return Math.max(0, ...locks.map(([generation]) => generation));
}

function leaders({ processes }: World): number {
  return processes.filter(({ owner, step }) => owner !== null && step.do === "lead").length;
}

/** Looks at every reachable state until one has two leaders; returns the most that any has. */
function mostLeaders(first: World, rules: Rules): number {
  const seen = new Set([JSON.stringify(first)]);
  const open = [first];
  let most = 0;
  for (let now = open.pop(); now !== undefined && most < 2; now = open.pop()) {
    most = Math.max(most, leaders(now));
    for (const next of now.processes.flatMap((_, index) => successors(now, index, rules))) {
      const key = JSON.stringify(next);
      if (!seen.has(key)) open.push(next);
      seen.add(key);
    }
  }
  return most;
}

describe("every interleaving", () => {
  test.each([0, 2])(
    "of four starts by three processes has one leader at most, with %i old generations kept",
    (kept) => {
      expect(mostLeaders(world(3), { starts: 4, kept })).toBe(1);
    },
  );

  test("that begins with a broken lock has one leader at most", () => {
    expect(mostLeaders(world(3, [[1, null]]), { starts: 3, kept: 0 })).toBe(1);
  });

  test("shows two leaders when a leader removes its own lock on exit, so this model can tell", () => {
    expect(mostLeaders(world(3), { starts: 4, kept: 0, leaderRemovesOwnLockOnExit: true })).toBe(2);
  });
});

test("long histories of eight processes never have two leaders", () => {
  const choice = fc.record({ index: fc.nat(7), which: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 400 }), (choices) => {
      let now = world(8);
      for (const { index, which } of choices) {
        const next = successors(now, index, { starts: 100, kept: 0 });
        // The first successor is a crash: seldom enough that processes get somewhere.
        now = next[which === 0 ? 0 : next.length - 1] ?? now;
        if (leaders(now) > 1) return false;
      }
      return true;
    }),
    { numRuns: 300 },
  );
});

test("a candidate that runs alone leads the generation after a dead one", () => {
  let now: World = world(1, [[7, null]]);
  for (let turn = 0; turn < 6; turn++) now = successors(now, 0, { starts: 1, kept: 2 }).at(-1) ?? now;
  expect(now.processes[0]?.step).toEqual({ do: "lead", generation: 8 });
});

test("an answer to another question is refused", () => {
  expect(() => nextStep<Owner>({ do: "scan" }, { found: "created" })).toThrow('"scan" cannot find "created"');
});
