// Processes as the ps of macOS tells of them. test/fixtures/macos holds text in its layout, written by hand since no such machine
// was at hand, and a ps on PATH prints it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import psList from "ps-list";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isAlive, readIdentity } from "../../src/sessions/identity-other.js";
import { memoryBytes } from "../../src/sessions/memory-other.js";
import { readMotion } from "../../src/sessions/motion-other.js";
import { scanProcesses } from "../../src/sessions/process-table-other.js";

const printed = resolve(import.meta.dirname, "../fixtures/macos");

const LAUNCHD = startOf("Thu Nov 19 08:00:01 2026");
const DAEMON = { pid: 4242, start: startOf("Sat Nov 21 10:37:01 2026"), boot: "", init: LAUNCHD };
const ZOMBIES = [4260, 4261];

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hearth-macos-"));
  // Notes each time that it is asked for the processes.
  const ps = `#!/bin/sh
case "$*" in
  *stat=*) exec cat ${directory}/state ;;
  *lstart=*) echo listed >> ${directory}/listings; exec cat ${printed}/ps-processes.txt ;;
  *args=*) exec cat ${printed}/ps-arguments.txt ;;
esac
`;
  writeFileSync(join(directory, "ps"), ps, { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}:${process.env.PATH}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** ps prints the time of day of the machine, to the second. */
function startOf(time: string): string {
  return String(new Date(time).getTime());
}

describe("a process on macOS", () => {
  test("is known by its number, its start and that of launchd", async () => {
    expect(await readIdentity(4242)).toEqual(DAEMON);
    expect(await readIdentity(9999)).toBeNull();
  });

  test("is told from one that took over its number, and from one of before a reboot", async () => {
    expect(await isAlive(DAEMON)).toBe(true);
    expect(await isAlive({ ...DAEMON, start: String(Number(DAEMON.start) - 1000) })).toBe(false);
    expect(await isAlive({ ...DAEMON, init: String(Number(LAUNCHD) - 1000) })).toBe(false);
  });

  test.each(ZOMBIES)("is gone as a zombie, in either way that ps shows one: %d", async (pid) => {
    expect(await readIdentity(pid)).toBeNull();
  });

  test("is found by its birth, with its parent", async () => {
    const table = await scanProcesses(Number(DAEMON.start));
    expect([...table.entries.values()]).toEqual(
      [
        [4242, 1, DAEMON.start],
        [4250, 4242, startOf("Sat Nov 21 10:37:02 2026")],
        [4251, 4250, startOf("Sat Nov 21 10:37:02 2026")],
      ].map(([pid, ppid, start]) => ({ pid, ppid, pgid: null, sid: null, start })),
    );
  });

  test("costs one listing, however many are asked about at once", async () => {
    await Promise.all([readIdentity(4242), readIdentity(4250), isAlive(DAEMON)]);
    expect(readFileSync(join(directory, "listings"), "utf8")).toBe("listed\n");
  });

  test.each([
    ["T", "stopped"],
    ["T+", "stopped"],
    ["Ss", "runs"],
    ["R+", "runs"],
  ] as const)("in the state %s is what it is: %s", async (state, motion) => {
    writeFileSync(join(directory, "state"), `${state}   \n`);
    expect(await readMotion(DAEMON)).toBe(motion);
    expect(await readMotion({ ...DAEMON, pid: 4260 })).toBe("gone");
  });

  test("has the share of the memory that ps tells", async () => {
    const row = (await psList()).find(({ pid }) => pid === 4242);
    expect(memoryBytes(4242, row)).toBe(Math.round(0.005 * totalmem()));
  });
});
