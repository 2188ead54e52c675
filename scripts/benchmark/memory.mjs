// How much memory processes use, once they have come to rest.

import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const SAMPLE_MS = 150;
/** At rest is what has stayed within this many kB for that many samples. */
const REST_KB = 64;
const REST_SAMPLES = 8;
/** What never comes to rest is measured after this many samples. */
const MAX_SAMPLES = 100;
/** V8 collects the garbage of a start once, a quarter of a minute later. */
const SETTLE_MS = 25_000;

function procField(pid, file, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/${file}`, "utf8"));
  return Number(match[1]);
}

/** Resident memory in kB. */
export function rssKb(pid) {
  return procField(pid, "status", "VmRSS");
}

/** Resident memory in kB with shared pages divided among those who share them. */
export function pssKb(pid) {
  return procField(pid, "smaps_rollup", "Pss");
}

/**
 * Resident memory in kB of processes that share most of theirs: what each has for itself, and what the one that shares
 * most does share. Of a single process this is its RSS.
 */
export function footprintKb(pids) {
  const parts = pids.map((pid) => {
    const own = procField(pid, "smaps_rollup", "Private_Clean") + procField(pid, "smaps_rollup", "Private_Dirty");
    return { own, shared: procField(pid, "smaps_rollup", "Rss") - own };
  });
  return parts.reduce((sum, { own }) => sum + own, 0) + Math.max(0, ...parts.map(({ shared }) => shared));
}

/**
 * Resolves when what has just started is as it will be for weeks. Until then it has the garbage of its start; collecting that
 * takes 50 ms, which would be 300 in a minute that 8 s are scaled to.
 */
export function settled() {
  return delay(SETTLE_MS);
}

/** Resolves when the memory of a process has stopped changing. */
export function atRest(pid) {
  return comeToRest(() => rssKb(pid));
}

/** Resolves when what is read, in kB, has stopped changing. */
export async function comeToRest(readKb) {
  let steady = 0;
  let last = readKb();
  for (let sample = 0; steady < REST_SAMPLES && sample < MAX_SAMPLES; sample += 1) {
    await delay(SAMPLE_MS);
    const now = readKb();
    steady = Math.abs(now - last) <= REST_KB ? steady + 1 : 0;
    if (steady === 0) last = now;
  }
}
