import { spawn } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { scanProcesses } from "../../src/sessions/process-table-linux.js";
import { createScanner } from "../../src/sessions/scanner.js";
import { countForks, readYounger } from "../../src/sessions/young-processes.js";
import { eventually } from "../support/deadline.js";
import { kill } from "../support/processes.js";

const children: number[] = [];
afterEach(() => {
  for (const pid of children.splice(0)) kill(pid);
});

function sleeper(): number {
  const { pid = 0 } = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  children.push(pid);
  return pid;
}

it("all who ask before a reading begins share it", async () => {
  const scan = createScanner();
  const [first, ...others] = await Promise.all([scan(5), scan(0), scan(9)]);
  expect(others).toEqual([first, first]);
  expect(others.every((table) => table === first)).toBe(true);
});

it("whoever asks once a reading has begun gets the next one", async () => {
  const scan = createScanner();
  const first = await scan(0);
  expect(await scan(0)).not.toBe(first);
});

it("a shared reading has what the most demanding one asked for", async () => {
  const pid = sleeper();
  const start = Number(scanProcesses(0).entries.get(pid)?.start);
  const scan = createScanner();
  const [narrow] = await Promise.all([scan(start + 1_000_000), scan(start)]);
  expect(narrow.entries.has(pid)).toBe(true);
});

it("a reading leaves out older processes and this one", () => {
  const pid = sleeper();
  const start = Number(scanProcesses(0).entries.get(pid)?.start);
  expect(scanProcesses(start).entries.has(pid)).toBe(true);
  expect(scanProcesses(start + 1).entries.has(pid)).toBe(false);
  expect(scanProcesses(0).entries.has(process.pid)).toBe(false);
});

it("the processes younger than one are read when the order of PIDs proves them", async () => {
  // Nothing is proved while others fork all the time, or when the numbers wrap: null sends the caller to the whole table.
  const seen = await eventually(() => {
    const before = countForks();
    const [leader, child] = [sleeper(), sleeper()];
    const table = readYounger(leader, before, countForks());
    for (const pid of children.splice(0)) kill(pid);
    return table && [table.entries.has(child), table.entries.has(leader)];
  }, "proof of who is younger");
  expect(seen).toEqual([true, false]);
});

it("nothing is proved when the forks since then cannot explain the distance, or are unknown", async () => {
  const now = countForks() ?? 0;
  const leader = sleeper();
  expect(readYounger(leader + 1_000_000, now, now)).toBeNull();
  expect(readYounger(leader, null, now)).toBeNull();
  expect(readYounger(leader, now - 1_000_000, now)).toBeNull();
});
