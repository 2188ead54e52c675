// Everything that is measured, by the name that `--only` takes, in the order of the tables.

import { acknowledgements } from "./acknowledgements.mjs";
import { memoryRows, oneInFlight, pipelined, statusWall } from "./calls.mjs";
import { connections } from "./connections.mjs";
import { heartbeats } from "./heartbeats.mjs";
import { idle } from "./idle.mjs";
import { output } from "./output.mjs";
import { growth } from "./peers/growth.mjs";
import { captured, coldStart, respawning } from "./peers/same-work.mjs";
import { survival } from "./peers/survival.mjs";
import { readMethodCosts } from "./read-methods.mjs";
import { respawn } from "./respawn.mjs";
import { scale } from "./scale.mjs";
import { adoptingMany, firstAnswer, startingMany } from "./starts.mjs";

/** Each gives `rows` held against targets, `comparisons` with peers, or `plots` against a count. */
export const MEASUREMENTS = {
  status: rows(statusWall),
  call: rows(oneInFlight),
  pipelined: rows(pipelined),
  "read-methods": rows(readMethodCosts),
  memory: rows(memoryRows),
  answer: rows(firstAnswer),
  start: rows(startingMany),
  adopt: rows(adoptingMany),
  respawn: rows(respawn),
  output: rows(output),
  requests: rows(acknowledgements),
  connections: rows(connections),
  heartbeats: rows(heartbeats),
  idle,
  "peers-cold": comparisons(coldStart),
  "peers-respawn": comparisons(respawning),
  "peers-output": comparisons(captured),
  "peers-survival": comparisons(survival),
  growth: plots(growth),
  scale: plots(scale),
};

function rows(measure) {
  return async (bench) => ({ rows: [await measure(bench)].flat() });
}

function comparisons(measure) {
  return async (bench) => ({ comparisons: await measure(bench) });
}

function plots(measure) {
  return async (bench) => ({ plots: await measure(bench) });
}
