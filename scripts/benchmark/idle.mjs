// What a daemon whose agents do nothing costs, with its own agents and with adopted ones.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processorSeconds } from "./processor.mjs";
import { HearthSubject } from "./programs.mjs";
import { below } from "./targets.mjs";

const AGENTS = 100;
/** Until what a start has left to do is done: V8 collects its garbage once, a quarter of a minute later. */
const SETTLE_MS = 25_000;
const OWN_SECONDS = 0.1;
const ADOPTED_SECONDS = 0.15;

/** What is measured for less than a minute is scaled to one, and says so. */
export async function idle({ directory, effort, defer }) {
  const hearth = await HearthSubject.start(join(directory, "idle"), { agents: AGENTS, defer });
  const own = await secondsAMinute(hearth.descriptor.pid, effort);
  await hearth.kill();
  const before = hearth.descriptor.pid;
  hearth.launch();
  while (hearth.descriptor.pid === before) await delay(10);
  await hearth.allRunning(AGENTS);
  const adopted = await secondsAMinute(hearth.descriptor.pid, effort);
  await hearth.stop();
  return [idleRow("agents", own, OWN_SECONDS, effort), idleRow("adopted agents", adopted, ADOPTED_SECONDS, effort)];
}

async function secondsAMinute(pid, { idleSeconds }) {
  await delay(SETTLE_MS);
  const before = { used: processorSeconds(pid), at: performance.now() };
  await delay(idleSeconds * 1_000);
  const used = processorSeconds(pid) - before.used;
  return (used * 60_000) / (performance.now() - before.at);
}

function idleRow(what, seconds, bound, { idleSeconds }) {
  const measured = idleSeconds === 60 ? "" : `, measured for ${idleSeconds} s`;
  return {
    row: `processor time a minute, ${AGENTS} idle ${what}${measured}`,
    unit: "ms",
    value: seconds * 1_000,
    floors: [below(seconds * 1_000, bound * 1_000, "ms")],
  };
}
