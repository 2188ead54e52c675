// How long it takes from the crash of an agent until its next session runs.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HearthSubject, measuredEnvironment } from "./programs.mjs";
import { figureOf } from "./statistics.mjs";
import { atMost } from "./targets.mjs";

const RESPAWN = fileURLToPath(new URL("floors/respawn.cjs", import.meta.url));
const CONFIG = `[agents.crashing]
command = ["sleep", "1000000"]
autostart = true
restart = { policy = "always", max_attempts = 100000, backoff = "0s", jitter = 0 }
`;

/** Crashes take turns, so that a busy moment of the machine falls on both alike. */
export async function respawn({ directory, effort, defer }) {
  const hearth = await HearthSubject.serving(join(directory, "respawn"), { config: CONFIG, defer });
  const subjects = [await sessionsOf(hearth, { defer }), bareRespawns({ defer })];
  const times = subjects.map(() => []);
  const pids = [];
  for (const [index, subject] of subjects.entries()) pids[index] = await subject.next();
  for (let crash = 0; crash < effort.respawns; crash += 1) {
    for (const [index, subject] of subjects.entries()) {
      const before = performance.now();
      process.kill(pids[index], "SIGKILL");
      pids[index] = await subject.next();
      times[index].push(performance.now() - before);
    }
  }
  for (const subject of subjects) await subject.end();
  await hearth.stop();
  const [agent, bare] = times.map(figureOf);
  return {
    row: "crash to respawn, p50",
    unit: "ms",
    ...agent,
    floors: [atMost("bare Node, spawn in the exit handler", agent, bare, 2)],
  };
}

/** The PIDs of an agent's sessions, each as soon as it runs. */
async function sessionsOf(hearth, { defer }) {
  const client = await hearth.client({ defer });
  const pids = pidsIn(await client.subscribe({ types: ["agent.running"], since: 0 }));
  return {
    next: async () => (await pids.next()).value,
    end: () => client.close(),
  };
}

async function* pidsIn(subscription) {
  for await (const { method, params } of subscription) if (method === "event") yield params.data.pid;
}

function bareRespawns({ defer }) {
  const program = spawn(process.execPath, [RESPAWN], {
    env: measuredEnvironment(),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(program, "exit");
  defer(() => program.stdin.end());
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  return {
    next: async () => Number((await lines.next()).value),
    end: async () => {
      program.stdin.end();
      await exited;
    },
  };
}
