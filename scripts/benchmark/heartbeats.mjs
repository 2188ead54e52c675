// How late the heartbeats of a thousand attached agents arrive, and what they cost the daemon.

import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { processorSeconds } from "./processor.mjs";
import { HearthSubject } from "./programs.mjs";
import { inTurn } from "./sockets.mjs";
import { figureOf, quantile } from "./statistics.mjs";
import { below } from "./targets.mjs";

const AGENTS = 1_000;
const INTERVAL_MS = 1_000;
const LATEST_MS = 100;
const CORE_PERCENT = 33;

const DEFINITIONS = Array.from(
  { length: AGENTS },
  (_, index) => `[agents.idle-${index}]
command = "sleep 1000000"
autostart = true
heartbeat = { poke = "rpc", interval = "${INTERVAL_MS}ms" }
`,
).join("\n");

/** Every agent is a process of its own; this one speaks for them all, with the tokens in their environments. */
export async function heartbeats({ directory, effort, defer }) {
  const measuredMs = effort.heartbeatSeconds * 1_000;
  const home = join(directory, "heartbeats");
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, "hearth.toml"), DEFINITIONS);
  const hearth = new HearthSubject(home);
  defer(() => hearth.stop());
  await hearth.hearth("daemon", "start");
  await hearth.allRunning(AGENTS);
  const arrivals = await attachAll(hearth, { defer });
  // The first turns come while connections are still being made.
  await delay(2 * INTERVAL_MS);
  const { pid } = hearth.descriptor;
  const before = { cpu: processorSeconds(pid), at: performance.now() };
  for (const times of arrivals) times.length = 0;
  await delay(measuredMs);
  const share = (processorSeconds(pid) - before.cpu) / ((performance.now() - before.at) / 1_000);
  const rows = [latenessRow(arrivals, { measuredMs }), shareRow(share)];
  await hearth.stop();
  return rows;
}

/** The times at which each agent's heartbeats arrive. */
async function attachAll(hearth, { defer }) {
  const { agents } = JSON.parse(await hearth.hearth("status", "--json"));
  const { socketPath } = hearth.descriptor;
  return inTurn(agents.length, (index) => attach(socketPath, tokenOf(agents[index].pid), { defer }));
}

function tokenOf(pid) {
  const [, token] = /(?:^|\0)HEARTH_TOKEN=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8"));
  return token;
}

async function attach(socketPath, token, { defer }) {
  const socket = connect(socketPath);
  await once(socket, "connect");
  defer(() => socket.destroy());
  const lines = createInterface({ input: socket });
  const attached = once(lines, "line");
  socket.write(`{"jsonrpc":"2.0","id":1,"method":"system.attach","params":{"token":"${token}"}}\n`);
  await attached;
  const times = [];
  lines.on("line", () => times.push(performance.now()));
  return times;
}

/** All agents have one rhythm; its earliest beat tells when each was due. */
function latenessRow(arrivals, { measuredMs }) {
  const turns = arrivals.map(({ length }) => length);
  const expected = measuredMs / INTERVAL_MS;
  if (turns.some((count) => Math.abs(count - expected) > 1)) throw new Error("heartbeats are missing");
  const times = arrivals.flat();
  const origin = Math.min(...times);
  const phases = times.map((time) => time - origin - Math.round((time - origin) / INTERVAL_MS) * INTERVAL_MS);
  const due = Math.min(...phases);
  const lateness = phases.map((phase) => phase - due);
  const p99 = figureOf([quantile(lateness, 0.99)]);
  return {
    row: `lateness of ${AGENTS} heartbeats a second, p99`,
    unit: "ms",
    ...p99,
    floors: [below(p99, LATEST_MS, "ms")],
  };
}

function shareRow(share) {
  const percent = figureOf([share * 100]);
  return {
    row: `daemon's share of a core, ${AGENTS} heartbeats a second`,
    unit: "%",
    ...percent,
    floors: [below(percent, CORE_PERCENT, "%")],
  };
}
