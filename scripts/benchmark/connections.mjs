// What a thousand subscribed connections cost: memory for each, and the time until all of them have heard of one event.

import { join } from "node:path";
import { atRest, rssKb } from "./memory.mjs";
import { HearthSubject, startFloor } from "./programs.mjs";
import { connected, inTurn, request } from "./sockets.mjs";
import { figureOf, interleave } from "./statistics.mjs";
import { beside } from "./targets.mjs";

const CONNECTIONS = 1_000;
const WARM_UP_MS = 1_000;

/** Many connections to one server, and the one whose words all of them hear. */
class Crowd {
  #speaker;
  #words;
  #unheard = 0;
  #everybody = () => {};

  constructor(sockets, { speaker, words }) {
    this.#speaker = speaker;
    this.#words = words;
    this.size = sockets.length;
    for (const socket of sockets) socket.on("data", () => this.#hear());
  }

  /** Milliseconds until everybody has heard. */
  async tell() {
    this.#unheard = this.size;
    const everybody = new Promise((resolve) => {
      this.#everybody = resolve;
    });
    const before = performance.now();
    this.#speaker.write(this.#words);
    await everybody;
    return performance.now() - before;
  }

  #hear() {
    this.#unheard -= 1;
    if (this.#unheard === 0) this.#everybody();
  }
}

/** Connections that hear of pokes, and one that pokes an agent that can't be poked: the cheapest event there is. */
async function hearthCrowd(hearth, { defer }) {
  const { socketPath, token } = hearth.descriptor;
  const attach = request(0, "system.attach", { token });
  const subscribe = request(1, "events.subscribe", { types: ["poke.sent"] });
  const speaker = await connected(socketPath, { greeting: attach, lines: 1, defer });
  const open = () => connected(socketPath, { greeting: attach + subscribe, lines: 2, defer });
  return { crowd: new Crowd(await inTurn(CONNECTIONS, open), { speaker, words: POKE }) };
}

const POKE = request(2, "agent.poke", { agent: "idle-0", message: "x" });

/** The same bytes, from a server that does nothing but write them. */
async function bareCrowd(directory, { words, defer }) {
  const floor = await startFloor("fan-out-server.cjs", { socketPath: join(directory, "fan-out.sock"), defer });
  const sockets = await inTurn(CONNECTIONS, () => connected(floor.socketPath, { defer }));
  return { floor, crowd: new Crowd(sockets, { speaker: sockets[0], words }) };
}

async function growthKb(pid, grow) {
  await atRest(pid);
  const before = rssKb(pid);
  const grown = await grow();
  await atRest(pid);
  return { ...grown, perConnectionKb: (rssKb(pid) - before) / CONNECTIONS };
}

/** As long as what a subscriber of Hearth is told. */
const EVENT = `${JSON.stringify({
  jsonrpc: "2.0",
  method: "event",
  params: {
    subscription: "1",
    seq: 1_700_000_000_000_000,
    at: new Date(0).toISOString(),
    type: "poke.sent",
    agent: "idle-0",
    data: { delivered: false, via: "none", detail: "this agent can't be poked", scheduled: false },
  },
})}\n`;

/** Rows without a target: nobody promised a figure, and the floor says what is possible. */
function row(name, unit, { figure, floor }) {
  return { row: name, unit, ...figure, floors: [beside("bare Node server", figure, floor)] };
}

export async function connections({ directory, effort, defer }) {
  const hearth = await HearthSubject.start(join(directory, "connections"), { agents: 1, defer });
  const held = await growthKb(hearth.descriptor.pid, () => hearthCrowd(hearth, { defer }));
  const bare = await bareCrowd(directory, { words: EVENT, defer });
  const fresh = await startFloor("fan-out-server.cjs", { socketPath: join(directory, "fan-out-2.sock"), defer });
  const bareHeld = await growthKb(fresh.pid, async () => ({
    sockets: await inTurn(CONNECTIONS, () => connected(fresh.socketPath, { defer })),
  }));
  const heard = await interleave(
    { hearth: () => held.crowd.tell(), bare: () => bare.crowd.tell() },
    { rounds: effort.fanOutRounds, warmUpMs: WARM_UP_MS },
  );
  await hearth.stop();
  return [
    row(`one event to ${CONNECTIONS} subscribers`, "ms", { figure: heard.hearth, floor: heard.bare }),
    row(`memory for each of ${CONNECTIONS} subscribers`, "kB", {
      figure: figureOf([held.perConnectionKb]),
      floor: figureOf([bareHeld.perConnectionKb]),
    }),
  ];
}
