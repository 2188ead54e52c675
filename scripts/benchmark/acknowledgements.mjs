// How many lifecycle requests a daemon acknowledges in a second when every fsync takes 2 ms longer than the disk's own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { batches, LoadClient, NEWLINE_FRAMING } from "./load.mjs";
import { HEARTHD, HearthSubject, measuredEnvironment, NODE_ARGUMENTS } from "./programs.mjs";
import { figureOf } from "./statistics.mjs";
import { noLessThan } from "./targets.mjs";

const SYNCS = "fsync,fdatasync";
const SLOWER_BY_US = 2_000;
const IN_FLIGHT = 64;
const AGENTS = 64;
const REQUESTS = 20_000;
const TARGET = 10_000;

/**
 * The real daemon with its real journal; only the kernel's answers to fsync are held back, by strace(1). Requests are about
 * agents that are stopped, so that nothing is measured but keeping them.
 */
export async function acknowledgements({ directory, effort, defer }) {
  const home = join(directory, "acknowledgements");
  const hearth = await startSlowed(home, { defer });
  const client = await attached(hearth.descriptor, { defer });
  const rates = [];
  for (let round = 0; round < effort.acknowledgementRounds; round += 1) rates.push(await acknowledged(client));
  await hearth.stop();
  // The first round loads and compiles what the others use.
  const rate = figureOf(rates.slice(1));
  return {
    row: "requests acknowledged, 64 in flight, fsync + 2 ms",
    unit: "a second",
    ...rate,
    floors: [noLessThan(rate, TARGET, "a second")],
  };
}

async function startSlowed(home, { defer }) {
  mkdirSync(home, { mode: 0o700 });
  const agent = (index) => `[agents.idle-${index}]\ncommand = "sleep 1000"\n`;
  writeFileSync(join(home, "hearth.toml"), Array.from({ length: AGENTS }, (_, index) => agent(index)).join("\n"));
  const trace = ["-f", "-q", "-o", "/dev/null", "--seccomp-bpf", "-e", `trace=${SYNCS}`];
  const inject = ["-e", `inject=${SYNCS}:delay_exit=${SLOWER_BY_US}`];
  const daemon = [process.execPath, ...NODE_ARGUMENTS, HEARTHD, "--home", home];
  const traced = spawn("strace", [...trace, ...inject, ...daemon], { env: measuredEnvironment(), stdio: "ignore" });
  const failed = once(traced, "exit").then(() => Promise.reject(new Error("strace(1) is needed to slow fsync down")));
  failed.catch(() => {});
  const hearth = new HearthSubject(home);
  defer(() => hearth.stop());
  await Promise.race([hearth.answers(), failed]);
  return hearth;
}

async function attached({ socketPath, token }, { defer }) {
  const client = await LoadClient.connect(socketPath, { defer });
  await client.exchange(`{"jsonrpc":"2.0","id":0,"method":"system.attach","params":{"token":"${token}"}}\n`);
  return client;
}

function acknowledged(client) {
  const request = (_, index) => {
    const params = { agent: `idle-${index % AGENTS}`, action: "shutdown" };
    return JSON.stringify({ jsonrpc: "2.0", id: index + 1, method: "lifecycle.request", params });
  };
  const buffers = batches(Array.from({ length: REQUESTS }, request), { size: 1, framing: NEWLINE_FRAMING });
  return client.callsPerSecond(buffers, { callsPerBatch: 1, newlinesPerAnswer: 1, window: IN_FLIGHT });
}
