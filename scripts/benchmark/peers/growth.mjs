// How starting, asking, stopping and memory grow with the number of programs.

import { comeToRest, footprintKb } from "../memory.mjs";
import { figureOf } from "../statistics.mjs";
import { idlePrograms } from "./programs.mjs";

const STATUS_CALLS = 5;

/** For each measure one series of points for each entrant: `{count, ...figure}`. */
export async function growth({ entrants, directory, effort, say, defer }) {
  const series = [];
  for (const entrant of entrants) {
    const points = [];
    for (const { count, rounds } of effort.growth) {
      say(`growth: ${entrant.name}, ${count} programs`);
      const taken = [];
      for (let round = 0; round < rounds; round += 1) {
        taken.push(await once(entrant, { directory, label: `growth-${count}-${round}`, count, defer }));
      }
      points.push({ count, taken });
    }
    series.push({ name: entrant.name, points });
  }
  return [
    plot(series, { file: "start", measure: "start: until all programs are at work", unit: "ms", read: "startMs" }),
    plot(series, { file: "status", measure: "status command", unit: "ms", read: "statusMs" }),
    plot(series, { file: "stop", measure: "stop: until all programs are gone", unit: "ms", read: "stopMs" }),
    plot(series, { file: "memory", measure: "memory of the supervisor", unit: "MB", read: "megabytes" }),
  ];
}

/** One life of one supervisor. What can't be done without programs is left out. */
async function once(entrant, { directory, label, count, defer }) {
  const { peer, register } = idlePrograms(entrant, { directory, label, count, defer });
  const startMs =
    count === 0 ? await peer.startEmpty().then(() => []) : [await timed(() => started(peer, register, count))];
  await comeToRest(() => footprintKb(peer.ownProcesses()));
  const megabytes = [footprintKb(peer.ownProcesses()) / 1_000];
  const statusMs = Array.from({ length: count === 0 && peer.isMuteWhenEmpty ? 0 : STATUS_CALLS }, () =>
    peer.statusMs(),
  );
  const stopMs = count === 0 ? [] : [await timed(() => stopped(peer, register))];
  await peer.end();
  return { startMs, megabytes, statusMs, stopMs };
}

async function started(peer, register, count) {
  const { finished } = peer.startUp();
  await register.started(count);
  return () => finished;
}

async function stopped(peer, register) {
  await peer.stopAll();
  await register.allGone();
}

/** Milliseconds; what `act` resolves with, if anything, is waited for afterwards. */
async function timed(act) {
  const before = performance.now();
  const afterwards = await act();
  const took = performance.now() - before;
  await afterwards?.();
  return took;
}

function plot(series, { file, measure, unit, read }) {
  const pointsOf = ({ name, points }) => ({
    name,
    points: points
      .map(({ count, taken }) => ({ count, values: taken.flatMap((sample) => sample[read]) }))
      .filter(({ values }) => values.length > 0)
      .map(({ count, values }) => ({ count, ...figureOf(values) })),
  });
  return { file, measure, unit, counted: "programs", series: series.map(pointsOf) };
}
