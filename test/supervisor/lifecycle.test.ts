// What is promised of lifecycle requests, held against generated histories of requests, exits and crashes of the daemon.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LifecycleAction } from "../../protocol/lifecycle.js";
import { isOpen, judge, type RequestRecord } from "../../src/supervisor/lifecycle.js";
import { INITIAL_STATE } from "../../src/supervisor/machine.js";
import { move, World } from "./history.js";

const HISTORIES = 10_000;

/** Somebody asks for something; `self` is the session that runs now. */
interface Ask {
  readonly kind: "ask";
  readonly action: LifecycleAction;
  readonly from: "operator" | "self";
}

const ask: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constant("ask" as const),
  action: fc.constantFrom("cycle", "restart", "shutdown"),
  from: fc.constantFrom("operator", "operator", "self"),
});

const history = fc.array(fc.oneof({ weight: 1, arbitrary: ask }, { weight: 4, arbitrary: move }), {
  maxLength: 50,
  size: "max",
});

type Moves = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** One agent, with its requests judged after each move. What has been judged is on disk. */
class Office {
  readonly world = new World();
  readonly requests: RequestRecord[] = [];
  /** What was done for a request while a session ran that it is not about. */
  readonly strayActs: string[] = [];

  play(moves: Moves): this {
    for (const next of moves) {
      if (next.kind === "ask") this.#ask(next);
      else this.world.play(next);
      this.look();
    }
    return this;
  }

  /** Lets a cooperative world run on until nothing is left to be done. */
  settle(): this {
    this.play([{ kind: "disk-free" }]);
    for (let turn = 0; turn < 60 * this.requests.length && this.requests.some(isOpen); turn++) {
      this.play([{ kind: "effect", luck: "good" }, { kind: "ready" }]);
      if (turn % 10 === 9) this.play([{ kind: "pass", ms: this.#untilRetry }]);
      if (this.world.state.status === "stopping") this.play([{ kind: "exit-clean" }, { kind: "emptied" }]);
    }
    return this;
  }

  get #untilRetry(): number {
    return this.world.state.status === "backoff" ? 70_000 : 0;
  }

  look(): void {
    for (let first = this.#first(); first !== undefined && this.#advance(first); first = this.#first());
  }

  #first(): RequestRecord | undefined {
    return this.requests.find(isOpen);
  }

  #ask({ action, from }: Ask): void {
    const { session, incarnation } = this.world.state;
    if (from === "self" && session === null) return;
    const order = this.requests.length;
    const fromIncarnation = from === "self" ? incarnation : null;
    this.requests.push(request({ id: String(order), order, from, agent: "self", action, fromIncarnation }));
  }

  /** True when the next one is to be looked at, or this one again. */
  #advance(first: RequestRecord): boolean {
    const { world } = this;
    const { state } = world;
    const verdict = judge(first, state, { ageMs: 0, maxAgeMs: 1_000 });
    switch (verdict.kind) {
      case "wait":
        return false;
      case "begin":
        this.#put({ ...first, state: "running", before: state.incarnation, hadSession: state.session !== null });
        return true;
      case "restart":
      case "stop":
        this.#watch(first, verdict.kind);
        if (verdict.kind === "restart") this.#put({ ...first, acted: true });
        world.send(verdict.kind === "stop" ? { type: "stop", remember: true } : { type: "restart" });
        return world.state.status === "stopped" && verdict.kind === "stop";
      case "end":
        this.#put({
          ...first,
          state: verdict.state,
          after: verdict.state === "done" ? verdict.after : null,
          endedAt: 0,
        });
        return true;
    }
  }

  #watch({ id, before }: RequestRecord, act: string): void {
    const { state, real } = this.world;
    if (real !== null && state.incarnation > (before ?? 0))
      this.strayActs.push(`request ${id} about ${before}: ${act} of ${state.incarnation}`);
  }

  #put(record: RequestRecord): void {
    this.requests[record.order] = record;
  }
}

function request(given: Partial<RequestRecord>): RequestRecord {
  return {
    ...{ id: "0", order: 0, from: "operator", fromIncarnation: null, agent: "self", action: "cycle" },
    ...{ reason: null, key: null, handoff: null, requestedAt: 0, state: "accepted", before: null, hadSession: false },
    ...{ acted: false, after: null, error: null, endedAt: null },
    ...given,
  } as RequestRecord;
}

function replacements({ requests }: Office): readonly RequestRecord[] {
  return requests.filter(({ state, action }) => state === "done" && action !== "shutdown");
}

describe("in any history", () => {
  it("each request ends; a replacement that is done has a session of its own, later than the one it found", () => {
    fc.assert(
      fc.property(history, (moves) => {
        const office = new Office().play(moves).settle();
        expect(office.requests.filter(isOpen)).toEqual([]);
        const after = replacements(office).map((each) => each.after ?? 0);
        expect(new Set(after).size).toBe(after.length);
        expect(office.world.ran).toEqual(expect.arrayContaining(after));
        for (const each of replacements(office)) expect(each.after).toBeGreaterThan(each.before ?? 0);
      }),
      { numRuns: HISTORIES },
    );
  });

  it("nothing is done to a session that came after the one a request found, and nothing against the machine's promises", () => {
    fc.assert(
      fc.property(history, (moves) => {
        const office = new Office().play(moves).settle();
        expect({ stray: office.strayActs, faults: office.world.faults }).toEqual({ stray: [], faults: [] });
      }),
      { numRuns: HISTORIES },
    );
  });
});

describe("a request whose turn has come", () => {
  const up = new Office().play([{ kind: "start" }, ...Array.from({ length: 12 }, carryOut)]).world.state;
  const context = { ageMs: 1_000, maxAgeMs: 1_000 };

  it("is begun as long as it is no older than the limit", () => {
    expect(judge(request({}), up, context)).toEqual({ kind: "begin" });
    expect(judge(request({}), up, { ...context, ageMs: 1_001 })).toEqual({ kind: "end", state: "expired" });
  });

  it("is superseded when the session that asked it for itself is gone", () => {
    const own = request({ from: "self", fromIncarnation: up.incarnation });
    expect(judge(own, up, context)).toEqual({ kind: "begin" });
    for (const state of [{ ...up, incarnation: up.incarnation + 1 }, { ...up, session: null }, INITIAL_STATE]) {
      expect(judge(own, state, context)).toEqual({ kind: "end", state: "superseded" });
    }
  });

  it("fails when its agent is in a crash loop, unless it only wants the end", () => {
    const failed = { ...INITIAL_STATE, status: "failed", incarnation: 4 } as const;
    const cycle = request({ state: "running", before: 4 });
    expect(judge(cycle, failed, context)).toMatchObject({
      kind: "end",
      state: "failed",
      error: { kind: "not-possible" },
    });
    const shutdown = request({ state: "running", before: 4, action: "shutdown" });
    expect(judge(shutdown, failed, context)).toEqual({ kind: "end", state: "done", after: null });
  });

  it("starts an agent that was at rest, but not one that somebody stopped meanwhile", () => {
    const stopped = { ...INITIAL_STATE, wanted: "down", incarnation: 4 } as const;
    expect(judge(request({ state: "running", before: 4 }), stopped, context)).toEqual({ kind: "restart" });
    for (const seen of [{ hadSession: true }, { acted: true }]) {
      const found = request({ state: "running", before: 4, ...seen });
      expect(judge(found, stopped, context)).toMatchObject({ kind: "end", state: "failed" });
    }
  });
});

function carryOut() {
  return { kind: "effect", luck: "good" } as const;
}
