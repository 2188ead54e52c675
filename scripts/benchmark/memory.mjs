// How much memory a process uses, once it has come to rest.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const SAMPLE_MS = 250;
/** At rest is a process whose memory has stayed within this many kB for that many samples. */
const REST_KB = 64;
const REST_SAMPLES = 8;
/** A process that never comes to rest is measured after this many samples. */
const MAX_SAMPLES = 60;

function procField(pid, file, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/${file}`, "utf8"));
  return Number(match[1]);
}

/** Resident memory in kB. */
export function rssKb(pid) {
  if (existsSync("/proc/self/status")) return procField(pid, "status", "VmRSS");
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }));
}

/** Resident memory in kB with shared pages divided among those who share them; null where the kernel does not tell. */
export function pssKb(pid) {
  return existsSync("/proc/self/smaps_rollup") ? procField(pid, "smaps_rollup", "Pss") : null;
}

/** Resolves when the memory of a process has stopped changing. */
export async function atRest(pid) {
  let steady = 0;
  let last = rssKb(pid);
  for (let sample = 0; steady < REST_SAMPLES && sample < MAX_SAMPLES; sample += 1) {
    await delay(SAMPLE_MS);
    const now = rssKb(pid);
    steady = Math.abs(now - last) <= REST_KB ? steady + 1 : 0;
    if (steady === 0) last = now;
  }
}
