// What supervisors cost whose programs do nothing; Hearth's also when it has adopted them.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { settled } from "./memory.mjs";
import { idlePrograms } from "./peers/programs.mjs";
import { processorSeconds } from "./processor.mjs";
import { HearthSubject } from "./programs.mjs";
import { figureOf } from "./statistics.mjs";
import { below } from "./targets.mjs";

const PROGRAMS = 100;
const OWN_MS = 100;
const ADOPTED_MS = 150;
const MINUTE_MS = 60_000;

/**
 * Everybody idles at the same time, since the processor time of one says nothing about another's. What is measured for
 * less than a minute is scaled to one, and says so.
 */
export async function idle({ entrants, directory, effort, defer }) {
  const subjects = [];
  for (const entrant of entrants) subjects.push(await idlePeer(entrant, { directory, defer }));
  const adopted = await adoptedIdle(directory, { defer });
  const figures = await msAMinute([...subjects, adopted], effort);
  for (const { end } of [...subjects, adopted]) await end();
  const measured = effort.idleSeconds * 1_000 === MINUTE_MS ? "" : `, measured for ${effort.idleSeconds} s`;
  const [own, taken] = [figures[0], figures.at(-1)];
  const by = Object.fromEntries(subjects.map(({ name }, index) => [name, figures[index]]));
  return {
    rows: [
      idleRow(`${PROGRAMS} idle agents${measured}`, own, OWN_MS),
      idleRow(`${PROGRAMS} idle adopted agents${measured}`, taken, ADOPTED_MS),
    ],
    comparisons: [{ measure: `processor time a minute, ${PROGRAMS} idle programs${measured}`, unit: "ms", by }],
  };
}

async function idlePeer(entrant, { directory, defer }) {
  const { peer, register } = idlePrograms(entrant, { directory, label: "idle", count: PROGRAMS, defer });
  await peer.start();
  await register.started(PROGRAMS);
  return { name: entrant.name, pids: () => peer.ownProcesses(), end: () => peer.end() };
}

async function adoptedIdle(directory, { defer }) {
  const hearth = await HearthSubject.start(join(directory, "idle"), { agents: PROGRAMS, defer });
  await hearth.kill();
  const before = hearth.descriptor.pid;
  hearth.launch();
  while (hearth.descriptor.pid === before) await delay(10);
  await hearth.allRunning(PROGRAMS);
  return { pids: () => [hearth.descriptor.pid], end: () => hearth.stop() };
}

/** Measuring waits until what a start has left to do is done. */
async function msAMinute(subjects, { idleSeconds }) {
  await settled();
  const before = subjects.map(({ pids }) => ({ used: usedMs(pids()), at: performance.now() }));
  await delay(idleSeconds * 1_000);
  return subjects.map(({ pids }, index) => {
    const used = usedMs(pids()) - before[index].used;
    return figureOf([(used * MINUTE_MS) / (performance.now() - before[index].at)]);
  });
}

function usedMs(pids) {
  return pids.reduce((sum, pid) => sum + processorSeconds(pid) * 1_000, 0);
}

function idleRow(what, figure, bound) {
  return { row: `processor time a minute, ${what}`, unit: "ms", ...figure, floors: [below(figure, bound, "ms")] };
}
