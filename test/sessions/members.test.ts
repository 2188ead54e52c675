import { describe, expect, it } from "vitest";
import { membersOf } from "../../src/sessions/members.js";
import type { ProcessEntry } from "../../src/sessions/process-entry.js";
import { ownerKey, ProcessTable } from "../../src/sessions/process-table.js";

const LEADER = { pid: 100, start: "500", boot: "b", init: "1" };
const OWNER = { home: "/h", agent: "mayor", incarnation: 3 };
const MARK = ownerKey("/h", "mayor", "3");

interface Row extends Partial<ProcessEntry> {
  readonly pid: number;
  readonly mark?: string;
}

function tableOf(rows: readonly Row[], { keepsParents = false } = {}): ProcessTable {
  const ownerKeys = new Map(rows.flatMap(({ pid, mark }) => (mark === undefined ? [] : [[pid, mark] as const])));
  const entries = rows.map(({ mark: _, ...row }) => ({ ppid: 1, pgid: row.pid, sid: row.pid, start: "600", ...row }));
  return new ProcessTable(new Map(entries.map((entry) => [entry.pid, entry])), {
    ownerKeys,
    hasGroup: null,
    isComplete: true,
    keepsParents,
  });
}

function pidsOf(rows: readonly Row[], { trustGroup = true } = {}): number[] {
  const { entries } = membersOf(tableOf(rows), { leader: LEADER, owner: OWNER, trustGroup });
  return entries.map(({ pid }) => pid).sort((a, b) => a - b);
}

it("counts the leader, its group, its POSIX session, its owner's marks and everything that descends from them", () => {
  const rows = [
    { pid: 100, start: "500" },
    { pid: 101, pgid: 100, sid: 100 },
    { pid: 102, pgid: 102, sid: 100 },
    { pid: 103, mark: MARK },
    { pid: 104, ppid: 103 },
    { pid: 105, ppid: 104 },
    { pid: 106 },
  ];
  expect(pidsOf(rows)).toEqual([100, 101, 102, 103, 104, 105]);
});

it("counts whom it counted before for as long as they live, by whatever they can be known now", () => {
  const known = tableOf([{ pid: 103 }, { pid: 104 }, { pid: 105 }]).entries;
  const table = tableOf([
    { pid: 103, ppid: 7 },
    { pid: 104, start: "700" },
    { pid: 106, ppid: 103 },
  ]);
  const traits = { leader: LEADER, owner: OWNER, trustGroup: false, known: [...known.values()] };
  expect(membersOf(table, traits).entries.map(({ pid }) => pid)).toEqual([103, 106]);
});

it("leaves other incarnations, agents and homes alone", () => {
  const others = [ownerKey("/h", "mayor", "4"), ownerKey("/h", "mayo", "3"), ownerKey("/other", "mayor", "3")];
  expect(pidsOf(others.map((mark, index) => ({ pid: 110 + index, mark })))).toEqual([]);
});

it("never counts a process that is older than the leader", () => {
  expect(
    pidsOf([
      { pid: 103, start: "499", mark: MARK },
      { pid: 101, start: "499", pgid: 100 },
    ]),
  ).toEqual([]);
});

it("gives up the group once its number belongs to another process", () => {
  expect(
    pidsOf([
      { pid: 100, start: "700" },
      { pid: 101, pgid: 100, sid: 100 },
    ]),
  ).toEqual([]);
});

it("does not trust a group that nobody watched", () => {
  expect(pidsOf([{ pid: 101, pgid: 100, sid: 100 }], { trustGroup: false })).toEqual([]);
});

it("trusts a group that nobody watched when a marked process proves it", () => {
  const rows = [
    { pid: 101, pgid: 100, sid: 100 },
    { pid: 102, pgid: 100, sid: 100, mark: MARK },
  ];
  expect(pidsOf(rows, { trustGroup: false })).toEqual([101, 102]);
});

describe("where a process keeps the number of a parent that is gone, and nobody tells its age", () => {
  const rows = [
    { pid: 100, start: "500" },
    { pid: 101, ppid: 100 },
    // Its parent had a number that one of the session's has now.
    { pid: 50, ppid: 101 },
    { pid: 51, ppid: 50 },
  ];
  const pids = (elders: readonly string[], from = rows): number[] =>
    membersOf(tableOf(from, { keepsParents: true }), { leader: LEADER, owner: OWNER, trustGroup: false, elders })
      .entries.map(({ pid }) => pid)
      .sort((a, b) => a - b);

  it("counts whoever descends from the leader, also when that is gone", () => {
    expect(pids([])).toEqual([50, 51, 100, 101]);
    expect(pids([], rows.slice(1))).toEqual([50, 51, 101]);
  });

  it("leaves out who had lost its parent before the session began, with all that it started", () => {
    expect(pids(["50<101"])).toEqual([100, 101]);
    expect(pids(["50<101"], rows.slice(1))).toEqual([101]);
  });

  it("counts a later process under the number of one of those", () => {
    expect(pids(["50<7"])).toEqual([50, 51, 100, 101]);
  });
});
