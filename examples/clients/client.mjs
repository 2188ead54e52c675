// A client of hearthd in JavaScript, with the library of its package; `node client.mjs [AGENT]`.
//   without a name   lists the agents and follows what happens, until Ctrl-C
//   with one         asks for a cycle of that agent and follows its events until it is done

import { ClientError, connect, HearthError } from "hearthd/client";

async function main(agent) {
  // Finds daemon.json, or in a session HEARTH_SOCKET and HEARTH_TOKEN. With { autostart: true } it starts the daemon.
  const hearth = await connect({ client: { name: "client.mjs", version: "1" } });
  try {
    const { role, agent: self = role } = await hearth.identity();
    console.log("attached as", self);
    const { agents } = await hearth.call("agent.list", {}, { timeoutMs: 5_000 });
    for (const { agent, state } of agents) console.log(agent, state);
    await follow(hearth, agent);
  } finally {
    await hearth.close();
  }
}

async function follow(hearth, agent) {
  // When the daemon is replaced meanwhile, the subscription goes on with the next one, where it stopped.
  const events = await hearth.subscribe({ agents: [agent ?? "*"] });
  const request = agent && (await askForCycle(hearth, agent));
  for await (const { method, params } of events) {
    if (method !== "event") continue;
    console.log(params.type, params.agent);
    if (params.type === "lifecycle.done" && params.data.id === request) return;
  }
}

/** The answer is the promise: the request is on disk. The id of the request tells later what became of it. */
async function askForCycle(hearth, agent) {
  const wish = { agent, action: "cycle", reason: "client.mjs" };
  const { request } = await hearth.call("lifecycle.request", wish, { timeoutMs: 5_000 });
  return request.id;
}

try {
  await main(process.argv[2]);
} catch (error) {
  // Both say by `kind` what happened and by `hint` what helps.
  if (!(error instanceof HearthError || error instanceof ClientError)) throw error;
  console.error(`${error.kind}: ${error.message} ${error.hint}`);
  process.exitCode = 1;
}
