// The soak's judgement of handoffs: what a session must be handed, what it may be, and what it must not.
import { expect, test } from "vitest";
import type { RequestState } from "../../protocol/lifecycle.js";
import type { Diary, Entry } from "../../scripts/soaking/diary.js";
import { faultsOfInheritance } from "../../scripts/soaking/inheritance.js";

/** What becomes of two sessions: what the first did, and what the second was then handed. */
function faults(first: readonly Entry[], handedToSecond: string | null, outcome?: RequestState): string[] {
  const diaries: Diary[] = [
    { agent: "a", incarnation: 1, entries: [{ did: "inherit", handoff: null }, ...first] },
    { agent: "a", incarnation: 2, entries: [{ did: "inherit", handoff: handedToSecond }] },
  ];
  return faultsOfInheritance(diaries, () => outcome);
}

const put = (handoff: string, stage: "sent" | "answered"): Entry => ({ did: "put", stage, handoff });
const cycle: Entry = { did: "ask", stage: "sent", action: "cycle", tag: "x" };
const restart: Entry = { did: "ask", stage: "answered", action: "restart", tag: "r" };

test("what was answered must be handed over", () => {
  expect(faults([put("x", "sent"), put("x", "answered")], "x")).toEqual([]);
  expect(faults([put("x", "sent"), put("x", "answered")], null)).toEqual([
    'incarnation 2 was handed nothing instead of "x"',
  ]);
});

test("what was never answered may be", () => {
  expect(faults([put("x", "sent")], "x")).toEqual([]);
  expect(faults([put("x", "sent")], null)).toEqual([]);
});

test("the latest counts", () => {
  const both = [put("x", "sent"), put("x", "answered"), put("y", "sent"), put("y", "answered")];
  expect(faults(both, "y")).toEqual([]);
  expect(faults(both, "x")).toHaveLength(1);
});

test("a cycle hands over once it has begun, and a restart discards", () => {
  expect(faults([cycle], "x", "done")).toEqual([]);
  expect(faults([cycle], null, "done")).toHaveLength(1);
  expect(faults([cycle], "x", "superseded")).toHaveLength(1);
  expect(faults([cycle], "x")).toHaveLength(1);
  expect(faults([put("y", "answered"), restart], "y", "done")).toHaveLength(1);
});

test("a handoff that was taken is not handed over again, one that was not is", () => {
  const diary = (incarnation: number, ...entries: Entry[]): Diary => ({ agent: "a", incarnation, entries });
  const left = diary(1, { did: "inherit", handoff: null }, put("x", "answered"));
  const inherit: Entry = { did: "inherit", handoff: "x" };
  const ready: Entry = { did: "get-ready", stage: "answered" };
  expect(faultsOfInheritance([left, diary(2, inherit), diary(3, inherit)], () => undefined)).toEqual([]);
  expect(faultsOfInheritance([left, diary(2, inherit, ready), diary(3, inherit)], () => undefined)).toHaveLength(1);
});
