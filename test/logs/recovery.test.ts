// What a daemon does at its start with the rotations that an earlier one did not end.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { AgentLogs, agentLogPath, agentStderrPath, type OwnedLog } from "../../src/logs/agent-logs.js";
import { piecePath, RotationRecord } from "../../src/logs/rotation-record.js";
import type { Held } from "../../src/logs/stillness.js";
import { scratchTest as test } from "../storage/scratch.js";

/** A rotation that was interrupted when the log was copied and perhaps emptied. */
async function interrupted(directory: string, agent: string, { copied }: { readonly copied: string }) {
  const path = agentLogPath(directory, agent);
  const record = await RotationRecord.begin(path);
  record.addHeld({ pid: 1 });
  record.addHeld({ pid: 2 });
  writeFileSync(piecePath(record.directory, 0), copied);
  record.setBytes(copied.length);
  return { path, record };
}

/** A daemon's start: what it finished, whom it let go, what it reported. */
async function start(
  directory: string,
  letGo: (held: Held) => Promise<void> = async () => {},
  elsewhere: readonly OwnedLog[] = [],
) {
  const logs = new AgentLogs({ directory, now: Date.now, limits: () => ({ maxBytes: 10, maxFiles: 3 }) });
  const letGone: Held[] = [];
  const reports: string[] = [];
  const finished = await logs.recover({
    elsewhere,
    letGo: (held) => {
      letGone.push(held);
      return letGo(held);
    },
    report: (what, error) => reports.push(`${what}: ${(error as Error).message}`),
  });
  return { logs, finished, letGone, reports };
}

test("a log that was emptied is named, its copy a backup, and everybody who was held is let go", async ({
  directory,
}) => {
  const { path, record } = await interrupted(directory, "gastown/witness", { copied: "copied\n" });
  await record.setMark();
  writeFileSync(path, "and what came after it\n");
  const { finished, letGone, reports } = await start(directory);
  expect(finished).toEqual([{ agent: "gastown/witness", file: path, backup: `${path}.1` }]);
  expect(letGone).toEqual([{ pid: 1 }, { pid: 2 }]);
  expect(reports).toEqual([]);
  expect(readdirSync(directory).sort()).toEqual(["gastown%2Fwitness.log", "gastown%2Fwitness.log.1"]);
  expect(readFileSync(`${path}.1`, "utf8")).toBe("copied\n");
});

test("a stderr file is recovered like a log, in the directory and elsewhere", async ({ directory }) => {
  const own = join(directory, "own");
  mkdirSync(own);
  const kept = await interrupted(directory, "a/b.err", { copied: "kept apart\n" });
  const elsewhere = await interrupted(own, "b", { copied: "elsewhere\n" });
  for (const { path } of [kept, elsewhere]) writeFileSync(path, "");
  const { finished } = await start(directory, async () => {}, [{ agent: "b", path: elsewhere.path }]);
  expect(finished.map(({ agent, file }) => [agent, file])).toEqual([
    ["a/b", agentStderrPath(directory, "a/b")],
    ["b", elsewhere.path],
  ]);
  expect(readFileSync(`${kept.path}.1`, "utf8")).toBe("kept apart\n");
  expect(readFileSync(`${elsewhere.path}.1`, "utf8")).toBe("elsewhere\n");
});

test("a log that was not emptied stays as it is", async ({ directory }) => {
  const { path } = await interrupted(directory, "a", { copied: "copied\n" });
  writeFileSync(path, "copied\nand not emptied\n");
  expect((await start(directory)).finished).toEqual([]);
  expect(readdirSync(directory)).toEqual(["a.log"]);
  expect(readFileSync(path, "utf8")).toBe("copied\nand not emptied\n");
});

test("writers that can't be let go are reported, and the log is recovered all the same", async ({ directory }) => {
  const { path } = await interrupted(directory, "a", { copied: "copied\n" });
  writeFileSync(path, "copied\n");
  const { letGone, reports } = await start(directory, () => Promise.reject(new Error("not permitted")));
  expect(letGone.length).toBe(2);
  expect(reports).toEqual(Array.from({ length: 2 }, () => "a: what writes to its log may be stopped: not permitted"));
  expect(readdirSync(directory)).toEqual(["a.log"]);
});

test("a log that can't be recovered keeps no other from it, and is tried again when it is opened", async ({
  directory,
}) => {
  const broken = await interrupted(directory, "a", { copied: "copied\n" });
  await interrupted(directory, "b", { copied: "copied too\n" });
  // What stands in a backup's place can't be moved.
  mkdirSync(join(`${broken.path}.3`, "full"), { recursive: true });
  for (const number of [1, 2]) writeFileSync(`${broken.path}.${number}`, "older\n");
  for (const agent of ["a", "b"]) writeFileSync(agentLogPath(directory, agent), "");
  const { logs, finished, reports } = await start(directory);
  expect(finished.map(({ agent }) => agent)).toEqual(["b"]);
  expect(reports).toEqual([expect.stringContaining("a: the rotation of its log could not be recovered")]);
  await expect(logs.of("a").open()).rejects.toThrow();
  expect(readFileSync(piecePath(broken.record.directory, 0), "utf8")).toBe("copied\n");
});

test("what a power cut damaged is kept rather than lost", async ({ directory }) => {
  const { path, record } = await interrupted(directory, "a", { copied: "copied\n" });
  appendFileSync(join(record.directory, "intent.ndjson"), "\0\0\0\0\n");
  writeFileSync(path, "");
  expect((await start(directory)).finished.length).toBe(1);
  expect(readFileSync(`${path}.1`, "utf8")).toBe("copied\n");
});

test("pieces that belong to no rotation go, everything else stays", async ({ directory }) => {
  const stray = join(directory, "a.log.rotating");
  mkdirSync(stray);
  writeFileSync(piecePath(stray, 0), "copied before it was meant, or after it was undone\n");
  for (const name of ["a.log", "a.log.1", "b.rotating", "notes"]) writeFileSync(join(directory, name), name);
  const { finished, letGone } = await start(directory);
  expect([finished, letGone]).toEqual([[], []]);
  expect(readdirSync(directory).sort()).toEqual(["a.log", "a.log.1", "b.rotating", "notes"]);
});

test("a home whose agents never ran has nothing to recover", async ({ directory }) => {
  expect((await start(join(directory, "none"))).finished).toEqual([]);
});
