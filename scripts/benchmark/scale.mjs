// Hearth with many agents and as many connections, each of which follows one agent: start, status, adopt, stop.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "./processes.mjs";
import { HearthSubject, idleAgents } from "./programs.mjs";
import { connected, inTurn, request } from "./sockets.mjs";
import { figureOf } from "./statistics.mjs";

const STATUS_CALLS = 5;
const MEASURES = {
  start: "start all agents",
  ping: "longest answer to a ping meanwhile",
  status: "status command",
  adopt: "adopt all after kill -9, start of the next daemon included",
  stop: "stop all agents",
};
const DEADLINE_MS = 120_000;
const PING_EVERY_MS = 5;

export async function scale({ directory, effort, say, defer }) {
  const points = [];
  for (const { count, rounds } of effort.scale) {
    say(`scale: ${count} agents and ${count} connections`);
    const taken = [];
    for (let round = 0; round < rounds; round += 1) {
      taken.push(await once(join(directory, `scale-${count}-${round}`), { count, defer }));
    }
    points.push({ count, taken });
  }
  const series = Object.entries(MEASURES).map(([key, name]) => ({
    name,
    points: points.map(({ count, taken }) => ({ count, ...figureOf(taken.flatMap((times) => times[key])) })),
  }));
  return [{ file: "scale", measure: "Hearth, one connection for each agent", unit: "ms", counted: "agents", series }];
}

async function once(home, { count, defer }) {
  const hearth = await HearthSubject.serving(home, { config: idleAgents(count, { autostart: false }), defer });
  const followers = await follow(hearth, { count, defer });
  const client = await hearth.client({ defer });
  const pings = await pinging(hearth, { defer });
  const start = await timed(async () => {
    await client.call("agent.start", { agent: "idle-*", wait: false });
    await running(client, count);
  });
  const ping = await pings.longestMs();
  const status = await statusTimes(hearth);
  await client.close();
  await hearth.kill();
  for (const socket of followers) socket.destroy();
  const adopt = await timed(async () => {
    hearth.launch();
    const next = await adopted(hearth, { count, defer });
    await next.close();
  });
  await follow(hearth, { count, defer });
  const last = await hearth.client({ defer });
  const stop = await timed(() => last.call("agent.stop", { agent: "idle-*", wait: true }));
  await last.close();
  await hearth.stop();
  return { start: [start], ping: [ping], status, adopt: [adopt], stop: [stop] };
}

/** A connection for each agent, that hears of this agent alone. */
function follow(hearth, { count, defer }) {
  const { socketPath, token } = hearth.descriptor;
  const attach = request(0, "system.attach", { token });
  const greeting = (index) => attach + request(1, "events.subscribe", { agents: [`idle-${index}`] });
  return inTurn(count, async (index) => {
    const socket = await connected(socketPath, { greeting: greeting(index), lines: 2, defer });
    // What it hears is thrown away, and the end of the daemon is no error here.
    return socket.on("error", () => {}).resume();
  });
}

async function running(client, count) {
  const isSo = async () => (await client.call("daemon.status", {})).agents.byState.running === count;
  await until(isSo, { what: `${count} agents run`, deadlineMs: DEADLINE_MS, pollMs: 5 });
}

/** Somebody who asks all the time whether the daemon is there. */
async function pinging(hearth, { defer }) {
  const client = await hearth.client({ defer });
  const times = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      times.push(await timed(() => client.call("system.ping", {})));
      await delay(PING_EVERY_MS);
    }
  })();
  return {
    async longestMs() {
      isOver = true;
      await asking;
      await client.close();
      return Math.max(...times);
    },
  };
}

/** A client of the next daemon, once that supervises everything. */
async function adopted(hearth, { count, defer }) {
  let client = null;
  const isThere = async () => {
    client = await hearth.client({ defer }).catch(() => null);
    return client !== null;
  };
  await until(isThere, { what: "the next daemon answers", deadlineMs: DEADLINE_MS });
  await running(client, count);
  return client;
}

async function statusTimes(hearth) {
  return inTurn(STATUS_CALLS, () => timed(() => hearth.hearth("status", "--json")));
}

async function timed(act) {
  const before = performance.now();
  await act();
  return performance.now() - before;
}
