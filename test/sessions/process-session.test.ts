import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { readIdentity } from "../../src/sessions/identity.js";
import { readEntry } from "../../src/sessions/identity-linux.js";
import type { ProcessEntry } from "../../src/sessions/process-entry.js";
import { ProcessSession } from "../../src/sessions/process-session.js";
import { ownerKey, ProcessTable } from "../../src/sessions/process-table.js";
import { Told } from "./sandbox.js";

const OWNER = { home: "/h", agent: "mayor", incarnation: 1 };

interface Reading {
  readonly entries?: readonly ProcessEntry[];
  readonly isComplete?: boolean;
}

function tableOf({ entries = [], isComplete = true }: Reading): ProcessTable {
  const ownerKeys = new Map(entries.map(({ pid }) => [pid, ownerKey("/h", "mayor", "1")]));
  return new ProcessTable(new Map(entries.map((entry) => [entry.pid, entry])), {
    ownerKeys,
    hasGroup: null,
    isComplete,
  });
}

/** A session whose leader is gone, and what its readings of the process table show, one after the other. */
async function leftovers(readings: Reading[]): Promise<{ session: ProcessSession; told: Told }> {
  const self = await readIdentity(process.pid);
  if (self === null) throw new Error("this process has no identity");
  const identity = { ...self, pid: 2 ** 22 + 1 };
  const ref = { kind: "process", identity, startedAt: 0, tokenHash: "" } as const;
  const told = new Told();
  const scan = async (): Promise<ProcessTable> => tableOf(readings.shift() ?? {});
  const parts = { ref, owner: OWNER, events: told, hasRun: () => true, writeStdin: null, findWriters: null };
  return { session: new ProcessSession(parts, { scan, countForks: () => null }), told };
}

it("a session is not empty on the word of an incomplete reading", async () => {
  const readings = [{ isComplete: false }, { isComplete: false }, { isComplete: false }];
  const { session, told } = await leftovers(readings);
  session.signal("SIGTERM");
  await told.hasEmptied();
  expect([readings, told.calls]).toEqual([[], ["emptied"]]);
});

it("a kill ends processes that only a later reading shows", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  const entry = readEntry(child.pid ?? 0);
  if (entry === null) throw new Error("the process has no entry");
  const exit = once(child, "exit");
  const { session, told } = await leftovers([{ isComplete: false }, { entries: [entry] }]);
  session.kill();
  expect((await exit)[1]).toBe("SIGKILL");
  await told.hasEmptied();
});

it("a stop reaches a process that is seen for the first time when its leader has ended", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  const entry = readEntry(child.pid ?? 0);
  if (entry === null) throw new Error("the process has no entry");
  const exit = once(child, "exit");
  const { session, told } = await leftovers([{}, { entries: [entry] }, { entries: [entry] }]);
  session.lead({ kind: "adopted", watch: { look: async () => {}, stop: () => {} } });
  session.signal("SIGTERM");
  session.leaderEnded({ code: 0, signal: null, at: 0, reason: "exited with code 0" });
  expect((await exit)[1]).toBe("SIGTERM");
  await told.hasEmptied();
  expect(told.calls).toEqual(["exited", "emptied"]);
});
