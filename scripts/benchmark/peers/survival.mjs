// What is left of the programs when their supervisor is killed with SIGKILL and started again as its manual says.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { kill, until } from "../processes.mjs";
import { Register } from "../register.mjs";

const PROGRAMS = 5;
/** Until everybody counts as running, until a program that prints has found nobody to read, until all is recovered. */
const SETTLE_MS = 1_800;
const RECOVERY_MS = 15_000;

/** Half of the programs are silent; the others print, which is what ends them when nobody reads any more. */
export async function survival({ entrants, directory, defer }) {
  const outcomes = await Promise.all(
    entrants.map(async (entrant) => [entrant.name, await crash(entrant, { directory, defer })]),
  );
  const row = (measure, read) => ({
    measure: `kill -9 of the supervisor: ${measure}`,
    unit: "programs",
    by: Object.fromEntries(outcomes.map(([name, outcome]) => [name, { text: read(outcome) }])),
  });
  return [
    row("silent programs that go on", ({ silent }) => `${silent.left} of ${PROGRAMS}`),
    row("printing programs that go on", ({ printing }) => `${printing.left} of ${PROGRAMS}`),
    row("running after its next start", ({ silent, printing }) => afterwards(silent.after + printing.after)),
    row("the same processes supervised again", ({ adopted }) => `${adopted} of ${2 * PROGRAMS}`),
  ];
}

function afterwards(count) {
  const expected = 2 * PROGRAMS;
  if (count > expected) return `${count}: ${count - expected} doubled`;
  return `${count} of ${expected}`;
}

async function crash({ name, make }, { directory, defer }) {
  const peer = make(join(directory, `${name}-survival`), { defer });
  const registers = { silent: new Register(peer.home, "silent"), printing: new Register(peer.home, "printing") };
  peer.configure([
    ...programs("silent", registers.silent.idle()),
    ...programs("printing", registers.printing.printing()),
  ]);
  await peer.start();
  await registers.silent.started(PROGRAMS);
  await registers.printing.started(PROGRAMS);
  await peer.prepareRecovery();
  await delay(SETTLE_MS);
  for (const pid of peer.supervisors()) kill(pid);
  await delay(SETTLE_MS);
  const left = { silent: registers.silent.alive(), printing: registers.printing.alive() };
  await peer.recover();
  const regained = await supervisedAgain(peer);
  await delay(SETTLE_MS);
  const before = [...left.silent, ...left.printing];
  const outcome = {
    silent: { left: left.silent.length, after: registers.silent.alive().length },
    printing: { left: left.printing.length, after: registers.printing.alive().length },
    adopted: regained.filter((pid) => before.includes(pid)).length,
  };
  await peer.end();
  return outcome;
}

/** What a supervisor says that it supervises, once that is everything, or as much as it ever comes to. */
async function supervisedAgain(peer) {
  let pids = [];
  const isComplete = async () => {
    pids = await peer.supervised();
    return pids.length >= 2 * PROGRAMS;
  };
  await until(isComplete, { what: "recovery", deadlineMs: RECOVERY_MS, pollMs: 200 }).catch(() => {});
  return pids;
}

function programs(kind, script) {
  return Array.from({ length: PROGRAMS }, (_, index) => ({ name: `${kind}-${index}`, script }));
}
