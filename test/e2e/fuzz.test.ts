// Whatever bytes arrive, the daemon answers what the specification says, closes what it must, and serves others meanwhile.
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sh, startDaemon, type TestDaemon } from "../support/daemon.js";
import { eventually } from "../support/deadline.js";
import { attack } from "../support/fuzz/attacker.js";
import { type Case, cases } from "../support/fuzz/cases.js";
import type { KnownMethod } from "../support/fuzz/oracle.js";
import { workedMs } from "../support/processes.js";

const CASES = Number(process.env.FUZZ_CASES ?? 10_000);
const SEED = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED);
/** Connections at once, so that the cases also meet each other. */
const AT_ONCE = 8;

const KNOWN: readonly KnownMethod[] = [
  { name: "system.ping", valid: [{ params: {}, outcome: "result" }] },
  { name: "system.version", valid: [{ params: {}, outcome: "result" }] },
  { name: "system.attach", valid: [{ params: { token: "guessed" }, outcome: -32001 }] },
  { name: "daemon.status", valid: [{ params: {}, outcome: "result" }] },
  {
    name: "agent.list",
    valid: [
      { params: {}, outcome: "result" },
      { params: { match: "a*" }, outcome: "result" },
    ],
  },
  {
    name: "agent.get",
    valid: [
      { params: { agent: "a" }, outcome: "result" },
      { params: { agent: "nobody" }, outcome: -32004 },
    ],
  },
];

const MiB = 1024 * 1024;

function residentBytes(pid: number): number {
  const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
  return Number(pages) * 4_096;
}

/** A client that does nothing wrong asks once; gives how long the daemon was at work before it answered, in milliseconds. */
async function behaveWell(daemon: TestDaemon): Promise<number> {
  const before = workedMs(daemon.pid);
  const { agents } = await daemon.call("agent.list", {});
  expect(agents).toMatchObject([{ agent: "a" }]);
  return workedMs(daemon.pid) - before;
}

test(`${CASES} streams of bytes, each answered as the specification says`, {
  timeout: 60_000 + CASES * 30,
}, async () => {
  const daemon = await startDaemon({ config: { agents: { a: sh("exec sleep 600") } } });
  await daemon.call("agent.start", { agent: "a", wait: true });
  const before = await daemon.call("daemon.status", {});
  const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  const [held, resident] = [descriptors(), residentBytes(daemon.pid)];
  let slowest = 0;
  const run = async (troubles: Parameters<typeof attack>[2][]): Promise<void> => {
    const attacks = troubles.map((trouble) => attack(daemon.descriptor, KNOWN, trouble));
    const [outcomes, worked] = await Promise.all([Promise.all(attacks), behaveWell(daemon)]);
    slowest = Math.max(slowest, worked);
    for (const outcome of outcomes) if (outcome !== null) expect(outcome.received).toEqual(outcome.expected);
  };
  const together = fc.array(cases(KNOWN), { minLength: AT_ONCE, maxLength: AT_ONCE });
  const parameters = { numRuns: Math.ceil(CASES / AT_ONCE), ...(SEED === undefined ? {} : { seed: SEED }) };
  await fc.assert(fc.asyncProperty(together, run), parameters);
  expect(slowest).toBeLessThan(2_000);
  const connections = async () => (await daemon.call("daemon.status", {})).connections;
  await eventually(async () => (await connections()) === 1, "the last of them has gone");
  const after = await daemon.call("daemon.status", {});
  expect(after).toMatchObject({
    pid: before.pid,
    instanceId: before.instanceId,
    health: { status: "ok" },
  });
  await eventually(() => descriptors() <= held + 2, "no more descriptors than before");
  expect(residentBytes(daemon.pid) - resident).toBeLessThan(200 * MiB);
  expect(await daemon.agent("a")).toMatchObject({ incarnation: 1, state: "running" });
});

// What the streams above have found.

async function answersTo(trouble: Omit<Case, "cuts">): Promise<readonly string[]> {
  const daemon = await startDaemon();
  const outcome = await attack(daemon.descriptor, KNOWN, { ...trouble, cuts: [] });
  expect(outcome?.received).toEqual(outcome?.expected);
  return outcome?.received ?? [];
}

test("what was asked before a frame that nobody can understand is answered before the connection ends", async () => {
  const bytes = Buffer.from("Content-Length: nonsense\r\n\r\n");
  expect(await answersTo({ bytes, leaving: "politely" })).toEqual(['["\\"attach\\"","result"]']);
});

test("a client that shuts its side while many answers are on their way gets all of them", async () => {
  const batch = `[${Array.from({ length: 1_000 }, () => "1").join()}]\n`;
  expect(await answersTo({ bytes: Buffer.from(batch.repeat(10)), leaving: "politely" })).toHaveLength(12);
});
