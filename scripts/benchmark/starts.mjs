// How long a daemon takes until it answers, until many agents run, and until it has adopted them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NEWLINE_FRAMING, pings } from "./load.mjs";
import { HEARTHD, HearthSubject, idleAgents, measuredEnvironment, NODE_ARGUMENTS } from "./programs.mjs";
import { figureOf, interleave } from "./statistics.mjs";
import { atMost, noMoreThan } from "./targets.mjs";

const ECHO_SERVER = fileURLToPath(new URL("floors/echo-server.cjs", import.meta.url));
const SPAWN_LOOP = fileURLToPath(new URL("floors/spawn-loop.cjs", import.meta.url));
const AGENTS = 500;
const ADOPTED_WITHIN_MS = 1_000;
const [PING] = pings(1).map(NEWLINE_FRAMING.frame);

export async function firstAnswer({ directory, effort, defer }) {
  const home = join(directory, "first-answer");
  mkdirSync(home, { mode: 0o700 });
  const socketPath = join(directory, "first-answer.sock");
  const time = await interleave(
    {
      daemon: () => untilAnswer([...NODE_ARGUMENTS, HEARTHD, "--home", home], join(home, "daemon.sock"), { defer }),
      bare: () => untilAnswer([ECHO_SERVER, socketPath], socketPath, { defer }),
    },
    { rounds: effort.wallRounds },
  );
  return {
    row: "daemon start to first answer",
    unit: "ms",
    ...time.daemon,
    floors: [atMost("bare Node socket server", time.daemon, time.bare, 3)],
  };
}

/** Time from the start of a program of Node's to its first answer on a socket, in milliseconds. */
async function untilAnswer(args, socketPath, { defer }) {
  // A server that was killed leaves its socket behind.
  rmSync(socketPath, { force: true });
  const before = performance.now();
  const server = spawn(process.execPath, args, { env: measuredEnvironment(), stdio: "ignore" });
  const exited = once(server, "exit");
  defer(() => server.kill());
  await answer(socketPath, () => server.exitCode === null);
  const took = performance.now() - before;
  server.kill();
  await exited;
  return took;
}

/** Knocks until somebody answers, as long as that can be hoped for. */
async function answer(socketPath, isHopeful = () => true) {
  while (!(await asked(socketPath))) {
    if (!isHopeful()) throw new Error(`nobody answers on ${socketPath}`);
    await delay(1);
  }
}

function asked(socketPath) {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.write(PING));
    socket.once("error", () => resolve(false));
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

export async function startingMany({ directory, effort, defer }) {
  const taken = { hearth: [], loop: [] };
  for (let round = 0; round < effort.manyRounds; round += 1) {
    taken.hearth.push(await startAgents(join(directory, `many-${round}`), { defer }));
    taken.loop.push(await startInLoop(join(directory, `loop-${round}`), { defer }));
  }
  const [hearth, loop] = [figureOf(taken.hearth), figureOf(taken.loop)];
  return {
    row: `starting ${AGENTS} agents`,
    unit: "ms",
    ...hearth,
    floors: [atMost("bare Node spawn loop", hearth, loop, 2.5)],
  };
}

async function startAgents(home, { defer }) {
  const hearth = await HearthSubject.serving(home, { config: idleAgents(AGENTS, { autostart: false }), defer });
  const client = await hearth.client({ defer });
  const events = await client.subscribe({ types: ["agent.running"] });
  const before = performance.now();
  await client.call("agent.start", { agent: "idle-*", wait: false });
  await taken(events, AGENTS);
  const took = performance.now() - before;
  await client.close();
  await hearth.stop();
  return took;
}

/** Resolves when so many events have come. */
async function taken(subscription, count) {
  let seen = 0;
  for await (const { method } of subscription) {
    if (method === "event") seen += 1;
    if (seen === count) return;
  }
}

async function startInLoop(directory, { defer }) {
  mkdirSync(directory);
  const options = { env: measuredEnvironment(), stdio: ["pipe", "pipe", "inherit"] };
  const loop = spawn(process.execPath, [SPAWN_LOOP, directory, String(AGENTS)], options);
  const exited = once(loop, "exit");
  defer(() => loop.stdin.end());
  const lines = createInterface({ input: loop.stdout });
  await once(lines, "line");
  const before = performance.now();
  loop.stdin.write("go\n");
  await once(lines, "line");
  const took = performance.now() - before;
  loop.stdin.end();
  await exited;
  return took;
}

export async function adoptingMany({ directory, effort, defer }) {
  const home = join(directory, "adoption");
  const hearth = await HearthSubject.start(home, { agents: AGENTS, defer });
  const times = [];
  for (let round = 0; round < effort.manyRounds; round += 1) times.push(await adoptionMs(hearth, { defer }));
  await hearth.stop();
  const adoption = figureOf(times);
  return {
    row: `adopting ${AGENTS} agents, after the first answer`,
    unit: "ms",
    ...adoption,
    floors: [noMoreThan(adoption, ADOPTED_WITHIN_MS, "ms")],
  };
}

async function adoptionMs(hearth, { defer }) {
  await hearth.kill();
  hearth.launch();
  await answer(hearth.descriptor.socketPath);
  const answered = performance.now();
  const client = await hearth.client({ defer });
  await taken(await client.subscribe({ types: ["agent.adopted"], since: 0 }), AGENTS);
  const took = performance.now() - answered;
  await client.close();
  return took;
}
