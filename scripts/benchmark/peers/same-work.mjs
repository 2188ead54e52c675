// Single measures in which Hearth and its peers do the same work: cold start, respawn, output.

import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { kill, until } from "../processes.mjs";
import { processorSeconds } from "../processor.mjs";
import { Register } from "../register.mjs";
import { figureOf, interleave } from "../statistics.mjs";
import { idlePrograms } from "./programs.mjs";

/** A program that ends sooner after its start is held back by supervisord and by runit. */
const LIVED_MS = 1_200;
/** An output that has not grown for so long is all that comes. */
const QUIET_MS = 3_000;
const MEGABYTE = 1_000_000;

/** From nothing to the first program at work: supervisor and all. */
export async function coldStart({ entrants, directory, effort, defer }) {
  let round = 0;
  const measure = (entrant) => async () => {
    round += 1;
    const { peer, register } = idlePrograms(entrant, { directory, label: `cold-${round}`, count: 1, defer });
    const before = performance.now();
    const { finished } = peer.startUp();
    await register.started(1);
    const took = performance.now() - before;
    await finished;
    await peer.end();
    return took;
  };
  const by = await interleave(byName(entrants, measure), { rounds: effort.coldRounds });
  return [{ measure: "cold start: from nothing to the first program at work", unit: "ms", by }];
}

/** Programs crash in turns; each has lived long enough for nobody to hold it back. */
export async function respawning({ entrants, directory, effort, defer }) {
  const subjects = [];
  for (const entrant of entrants) {
    const { peer, register } = idlePrograms(entrant, { directory, label: "respawn", count: 1, defer });
    await peer.start();
    await register.started(1);
    subjects.push({ name: entrant.name, peer, register, times: [] });
  }
  for (let crash = 0; crash < effort.peerRespawns; crash += 1) {
    await delay(LIVED_MS);
    for (const { register, times } of subjects) times.push(await respawnMs(register));
  }
  for (const { peer } of subjects) await peer.end();
  const by = Object.fromEntries(subjects.map(({ name, times }) => [name, figureOf(times)]));
  return [{ measure: "crash to respawn, no backoff", unit: "ms", by }];
}

async function respawnMs(register) {
  const pids = register.pids();
  const before = performance.now();
  kill(pids.at(-1));
  await register.started(pids.length + 1);
  return performance.now() - before;
}

/** A program prints as fast as it can, and ends. What its log has in the end is what was captured. */
export async function captured({ entrants, directory, effort, defer }) {
  const bytes = effort.capturedMegabytes * MEGABYTE;
  const results = [];
  for (const entrant of entrants) {
    const taken = [];
    for (let round = 0; round < effort.capturedRounds; round += 1) {
      const home = join(directory, `${entrant.name}-output-${round}`);
      taken.push(await captureOnce(entrant.make(home, { defer }), { bytes }));
    }
    results.push({ name: entrant.name, taken });
  }
  const by = (read) => Object.fromEntries(results.map(({ name, taken }) => [name, figureOf(taken.map(read))]));
  const what = `${effort.capturedMegabytes} MB printed by a fast program`;
  return [
    { measure: `${what}: written to its log`, unit: "MB/s", by: by(({ rate }) => rate) },
    { measure: `${what}: lost`, unit: "kB", by: by(({ lost }) => lost / 1_000) },
    { measure: `${what}: processor time of the supervisor`, unit: "ms", by: by(({ usedMs }) => usedMs) },
  ];
}

async function captureOnce(peer, { bytes }) {
  const register = new Register(peer.home);
  peer.configure([{ name: "printer", script: register.producing(bytes) }]);
  const { finished } = peer.startUp();
  await register.started(1);
  const before = performance.now();
  const usedBefore = usedSeconds(peer);
  const { size, at } = await grown(peer.logFile("printer"), { bytes });
  const usedMs = (usedSeconds(peer) - usedBefore) * 1_000;
  await finished;
  await peer.end();
  return { rate: size / MEGABYTE / ((at - before) / 1_000), lost: Math.max(0, bytes - size), usedMs };
}

/** The size of a log that is complete, or that does not grow any more, and when it reached it. */
async function grown(file, { bytes }) {
  let last = { size: 0, at: performance.now() };
  const isDone = () => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size !== last.size) last = { size, at: performance.now() };
    return size >= bytes || performance.now() - last.at > QUIET_MS;
  };
  await until(isDone, { what: `${file} is complete`, deadlineMs: 300_000, pollMs: 2 });
  return last;
}

function usedSeconds(peer) {
  return peer.ownProcesses().reduce((sum, pid) => sum + processorSeconds(pid), 0);
}

function byName(entrants, measure) {
  return Object.fromEntries(entrants.map((entrant) => [entrant.name, measure(entrant)]));
}
