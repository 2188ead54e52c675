// Which session is an agent's own when more is found alive than was recorded.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FoundIncarnation, SessionRef } from "../../src/sessions/session.js";
import type { AgentRecord } from "../../src/supervisor/agent.js";
import { INITIAL_STATE } from "../../src/supervisor/machine.js";
import { takeStock } from "../../src/supervisor/stock.js";

const NOW = { wall: 1_700_000_060_000, mono: 90_000 };

/** In these tests a session's PID is its incarnation. */
function refOf(incarnation: number): SessionRef {
  const identity = { pid: incarnation, start: "1", boot: "b", init: "1" };
  return { kind: "process", identity, startedAt: NOW.wall - 60_000, tokenHash: "" };
}

function found(incarnation: number, { lives }: { readonly lives: boolean }): FoundIncarnation {
  return { agent: "mayor", incarnation, ref: lives ? refOf(incarnation) : null };
}

function recordOf(incarnation: number, { session }: { readonly session: boolean }): AgentRecord {
  const status = session ? "running" : "stopped";
  const state = { ...INITIAL_STATE, status, incarnation, session: session ? refOf(incarnation) : null } as const;
  return { state, reservedThrough: 100 };
}

test("without a record what lives is taken over, wanted and ready, with its time of start", () => {
  const { record, strays } = takeStock(null, [found(3, { lives: true })], NOW);
  expect(record.state).toMatchObject({ status: "running", wanted: "up", ready: true, incarnation: 3, adopted: false });
  expect(record.state).toMatchObject({ session: refOf(3), startedMono: 30_000, restarts: 0, lastExit: null });
  expect(strays).toEqual([]);
});

test("what is only known to have run gives its number, and the agent rests", () => {
  const { record, strays } = takeStock(recordOf(2, { session: false }), [found(5, { lives: false })], NOW);
  expect([record.state.status, record.state.incarnation, record.reservedThrough]).toEqual(["stopped", 5, 100]);
  expect(strays).toEqual([]);
});

test("nothing is tried again by itself while a stray lives", () => {
  const { state } = recordOf(4, { session: false });
  const backoff: AgentRecord = { state: { ...state, status: "backoff", deadline: 1 }, reservedThrough: 100 };
  expect(takeStock(backoff, [found(2, { lives: true })], NOW).record.state).toMatchObject({
    status: "stopped",
    deadline: null,
  });
  expect(takeStock(backoff, [found(2, { lives: false })], NOW).record.state).toMatchObject({
    status: "backoff",
    deadline: 1,
  });
});

test("whatever is found, each live session is the agent's own or a stray, and no number is used again", () => {
  const number = fc.integer({ min: 1, max: 6 });
  const recorded = fc.option(fc.record({ incarnation: number, session: fc.boolean() }));
  const others = fc.uniqueArray(fc.record({ incarnation: number, lives: fc.boolean() }), {
    selector: ({ incarnation }) => incarnation,
    minLength: 1,
  });
  fc.assert(
    fc.property(recorded, others, (known, rest) => {
      const before = known === null ? null : recordOf(known.incarnation, known);
      // What the record tells of is never found.
      const unknown = rest.filter(({ incarnation }) => !(known?.session && incarnation === known.incarnation));
      fc.pre(unknown.length > 0);
      const stock = takeStock(
        before,
        unknown.map((each) => found(each.incarnation, each)),
        NOW,
      );
      const alive = [
        ...unknown.flatMap(({ incarnation, lives }) => (lives ? [incarnation] : [])),
        ...(known?.session ? [known.incarnation] : []),
      ];
      const { session, incarnation } = stock.record.state;
      const own = session === null ? [] : [incarnation];
      expect([...own, ...stock.strays.map((stray) => stray.incarnation)].toSorted()).toEqual(alive.toSorted());
      expect(incarnation).toBe(Math.max(known?.incarnation ?? 0, ...unknown.map((each) => each.incarnation)));
      expect(session === null || session.identity.pid === incarnation).toBe(true);
    }),
  );
});
