// The strip of an hour, compared with looking at every minute.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AgentState } from "../../protocol/methods.js";
import { renderStrip, stripCells, worstStates } from "../../src/cli/render/strip.js";

const bare = { columns: 80, isColourful: false };
const now = Date.parse("2026-03-01T09:00:00.000Z");
const minutesAgo = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();

describe("the strip of an hour", () => {
  it("shows the worst of each part, and that nothing is known of the time before", () => {
    const history = [
      { at: minutesAgo(45), states: ["starting" as const, "running" as const] },
      { at: minutesAgo(25), states: ["failed" as const, "running" as const] },
      { at: minutesAgo(3), states: ["stopping" as const, "stopped" as const] },
    ];
    expect(renderStrip(history, { cells: 12, now }, bare)).toBe("···▅▇▇▇✖▇▇▇▅");
    expect(renderStrip(history, { cells: 12, now }, { ...bare, isAscii: true })).toBe("...+===x===+");
  });

  it("goes on with the state an hour ago", () => {
    expect(renderStrip([{ at: minutesAgo(60), states: ["running"] }], { cells: 6, now }, bare)).toBe("▇▇▇▇▇▇");
  });

  it("paints each state, those alike in one go", () => {
    const history = [
      { at: minutesAgo(60), states: ["running" as const] },
      { at: minutesAgo(8), states: ["failed" as const] },
    ];
    const strip = renderStrip(history, { cells: 6, now }, { ...bare, isColourful: true });
    expect(strip).toBe("\x1b[32m▇▇▇▇▇\x1b[0m\x1b[31m✖\x1b[0m");
  });

  it("shows what a daemon whose clock is ahead has seen just now", () => {
    const history = [
      { at: minutesAgo(60), states: ["running" as const] },
      { at: minutesAgo(-1), states: ["failed" as const] },
    ];
    expect(renderStrip(history, { cells: 6, now }, bare)).toBe("▇▇▇▇▇✖");
  });

  it("hides nothing that was bad: each part is as bad as the worst of its minutes", () => {
    const states: readonly AgentState[] = ["failed", "backoff", "starting", "stopping", "stopped", "running"];
    const change = fc.tuple(fc.nat(59), fc.subarray([...states], { minLength: 1 }));
    const rank = (state: AgentState | null): number => (state === null ? states.length : states.indexOf(state));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.constantFrom(30, 20, 12, 10, 6), (changes, cells) => {
        const byAge = new Map(changes);
        const history = [...byAge]
          .sort(([one], [other]) => other - one)
          .map(([minutes, entered]) => ({ at: minutesAgo(minutes), states: entered }));
        const minutes = worstStates(history, { cells: 60, now });
        const perCell = 60 / cells;
        const expected = Array.from({ length: cells }, (_, cell) =>
          Math.min(...minutes.slice(cell * perCell, (cell + 1) * perCell).map(rank)),
        );
        expect(worstStates(history, { cells, now }).map(rank)).toEqual(expected);
      }),
    );
  });

  it("is as long as there is room for, and never shorter than six", () => {
    expect([0, 5, 6, 9, 10, 29, 59, 200].map(stripCells)).toEqual([6, 6, 6, 6, 10, 20, 30, 60]);
  });
});
