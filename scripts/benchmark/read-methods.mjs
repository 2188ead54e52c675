// What one call of each method that only reads costs the daemon, in processor time.

import { join } from "node:path";
import { batches, LoadClient, NEWLINE_FRAMING } from "./load.mjs";
import { processorSeconds } from "./processor.mjs";
import { HearthSubject } from "./programs.mjs";
import { request } from "./sockets.mjs";
import { interleave } from "./statistics.mjs";
import { unpromised } from "./targets.mjs";

const AGENTS = 100;
const CALLS = 200;
const IN_FLIGHT = 32;
const WARM_UP_MS = 300;

/** Each with the params that people and programs ask with. */
function readMethods({ requestId }) {
  const agent = "idle-0";
  return [
    ["system.ping", {}],
    ["system.version", {}],
    ["rpc.discover", {}],
    ["daemon.status", {}],
    ["agent.list", {}],
    ["agent.list", { usage: true }],
    ["agent.get", { agent }],
    ["agent.logs", { agent }],
    ["lifecycle.get", { id: requestId }],
    ["lifecycle.list", {}],
    ["events.list", {}],
    ["handoff.get", { agent }],
  ];
}

export async function readMethodCosts({ directory, effort, defer }) {
  const hearth = await HearthSubject.start(join(directory, "read-methods"), { agents: AGENTS, defer });
  const { pid, socketPath, token } = hearth.descriptor;
  const control = await hearth.client({ defer });
  const asked = await control.call("lifecycle.request", { agent: "idle-0", action: "restart" });
  await control.call("lifecycle.wait", { id: asked.request.id });
  await control.close();
  const client = await LoadClient.connect(socketPath, { defer });
  await client.exchange(request(0, "system.attach", { token }));
  const measured = readMethods({ requestId: asked.request.id }).map(([method, params]) => {
    const options = Object.keys(params).includes("usage") ? " with usage" : "";
    return [`${method}${options}`, () => microseconds(client, { pid, method, params })];
  });
  const figures = await interleave(Object.fromEntries(measured), {
    rounds: effort.readMethodRounds,
    warmUpMs: WARM_UP_MS,
  });
  client.end();
  await hearth.stop();
  return Object.entries(figures).map(([name, figure]) => ({
    row: `daemon's processor time for one call of ${name}, ${AGENTS} agents`,
    unit: "us",
    ...figure,
    floors: [unpromised()],
  }));
}

async function microseconds(client, { pid, method, params }) {
  const calls = Array.from({ length: CALLS }, (_, index) => request(index + 1, method, params).trimEnd());
  const buffers = batches(calls, { size: 1, framing: NEWLINE_FRAMING });
  const before = processorSeconds(pid);
  await client.callsPerSecond(buffers, { callsPerBatch: 1, newlinesPerAnswer: 1, window: IN_FLIGHT });
  return ((processorSeconds(pid) - before) * 1e6) / CALLS;
}
